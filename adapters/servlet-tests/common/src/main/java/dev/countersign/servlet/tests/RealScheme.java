package dev.countersign.servlet.tests;

import dev.countersign.api.RequestVerifier;
import dev.countersign.api.VerificationEvent;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.store.NonceStore;
import dev.countersign.core.CountersignVerifier;
import dev.countersign.core.KeySource;
import dev.countersign.nonce.memory.MemoryNonceStore;
import dev.countersign.tck.adapter.TestScheme;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.TestKeys;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** Real signatures and the real verifier over stores in memory, with one registered device. */
public final class RealScheme implements TestScheme {
    private static final long NOW = 1_700_000_000L;
    private static final int MAX_BODY = 100_000;
    private static final String APP = "com.acme.app";
    private static final String DEVICE = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    private static final long KEY = 1;

    private final List<VerificationEvent> events = new CopyOnWriteArrayList<>();
    private final AtomicLong numbers = new AtomicLong();
    private final NonceStore nonces;
    private final CountersignVerifier verifier;

    /** With a device that has sent nothing yet. */
    public RealScheme() {
        MutableClock clock = new MutableClock(Instant.ofEpochSecond(NOW));
        InMemoryDeviceRegistry devices = new InMemoryDeviceRegistry(clock);
        devices.register(new DeviceIdentity(APP, DEVICE), TestKeys.publicKey(KEY), DeviceStatus.ACTIVE)
                .toCompletableFuture()
                .join();
        nonces = MemoryNonceStore.builder().clock(clock).alwaysWatching().build();
        verifier = CountersignVerifier.builder(KeySource.uncached(devices), nonces)
                .clock(clock)
                .maxBodyBytes(MAX_BODY)
                .addListener(events::add)
                .build();
    }

    @Override
    public RequestVerifier verifier() {
        return verifier;
    }

    /** What the listener was called with. */
    public List<VerificationEvent> events() {
        return events;
    }

    @Override
    public Map<String, String> sign(String method, String path, byte[] body) {
        String timestamp = Long.toString(NOW);
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("X-App-ID", APP);
        headers.put("X-Device-ID", DEVICE);
        headers.put("X-Synheart-Signature", signature(method + "\n" + path + "\n" + timestamp + "\n", body));
        headers.put("X-Synheart-Timestamp", timestamp);
        String number = Long.toString(0x1000000000000L + numbers.incrementAndGet(), 16);
        headers.put("X-Synheart-Nonce", "00000000-0000-4000-8000-" + number.substring(1));
        headers.put("X-Synheart-Sig-Version", "1");
        return headers;
    }

    private static String signature(String head, byte[] body) {
        try {
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(TestKeys.privateKey(KEY));
            signature.update(head.getBytes(StandardCharsets.ISO_8859_1));
            signature.update(body);
            return Base64.getEncoder().encodeToString(signature.sign());
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("the JDK signs with P-256", impossible);
        }
    }

    @Override
    public int maxBodyBytes() {
        return MAX_BODY;
    }

    @Override
    public void close() {
        verifier.close();
        nonces.close();
    }
}
