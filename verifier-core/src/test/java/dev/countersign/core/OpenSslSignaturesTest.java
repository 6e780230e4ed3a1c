package dev.countersign.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import dev.countersign.api.Accepted;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.RequestHead;
import dev.countersign.api.SignedHeaders;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import dev.countersign.testkit.MutableClock;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Requests that OpenSSL signed (resources, openssl/make.sh): none of our code had a part in them. */
class OpenSslSignaturesTest {
    private final MutableClock clock = MutableClock.atSecond(1_800_000_000L);
    private final InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(clock);
    private final CountersignVerifier verifier = CountersignVerifier.builder(
                    KeySource.uncached(registry), new ObviousNonceStore())
            .clock(clock)
            .build();

    @Test
    void everyRequestIsAcceptedAndNoneWithAChangedBody() throws IOException {
        int requests = 0;
        for (String line : lines()) {
            String[] field = line.split("\t", -1);
            byte[] body = HexFormat.of().parseHex(field[3]);
            String device = "00000000-0000-4000-8000-0000000000" + (10 + requests);
            registry.put(DeviceRecord.active(
                    new DeviceIdentity(SignedRequests.APP, device), DevicePublicKey.parse(field[4]), 1));
            RequestHead head = RequestHead.of(
                    field[0],
                    field[1],
                    List.of(
                            Map.entry(SignedHeaders.APP_ID, SignedRequests.APP),
                            Map.entry(SignedHeaders.DEVICE_ID, device),
                            Map.entry(SignedHeaders.SIGNATURE, field[5]),
                            Map.entry(SignedHeaders.TIMESTAMP, field[2]),
                            Map.entry(SignedHeaders.NONCE, SignedRequests.nonce(requests)),
                            Map.entry(SignedHeaders.SIG_VERSION, "1")));
            Rejected tampered =
                    assertInstanceOf(Rejected.class, verifier.verify(head, Arrays.copyOf(body, body.length + 1)));
            assertEquals(RejectionReason.INVALID_SIGNATURE, tampered.reason());
            assertInstanceOf(Accepted.class, verifier.verify(head, body));
            requests++;
        }
        assertEquals(40, requests);
    }

    private static List<String> lines() throws IOException {
        try (InputStream in = OpenSslSignaturesTest.class.getResourceAsStream("/openssl/requests.tsv")) {
            assertNotNull(in);
            return new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII))
                    .lines()
                    .toList();
        }
    }
}
