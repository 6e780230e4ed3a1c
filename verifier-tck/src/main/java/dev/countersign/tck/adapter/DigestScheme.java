package dev.countersign.tck.adapter;

import dev.countersign.api.Accepted;
import dev.countersign.api.Caller;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.RequestHead;
import dev.countersign.api.RequestVerifier;
import dev.countersign.api.Verdict;
import dev.countersign.api.Verification;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.testkit.TestVerdicts;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * For tests of adapters: a request carries a number and the SHA-256 of everything that a signature would cover. Anybody can make
 * one; whether an adapter hands over method, target and body unchanged, it shows as a signature does. Thread-safe.
 */
public final class DigestScheme implements TestScheme {
    private static final int MAX_BODY = 100_000;
    private static final String NUMBER = "X-Contract-Number";
    private static final String DIGEST = "X-Contract-Digest";
    private static final Pattern METHOD = Pattern.compile("[A-Z][A-Z-]{0,31}");
    private static final Pattern TARGET = Pattern.compile(
            "(?:(?:[Hh][Tt]{2}[Pp][Ss]?)://[!-~&&[^/?#\\\\]]+)?" + "(/[!-~&&[^?#\\\\]]*|)(\\?[!-~&&[^#\\\\]]*)?");
    private static final Pattern HEX = Pattern.compile("[0-9a-f]{1,64}");
    private static final long SERVER_SECOND = 1_700_000_000L;

    private final AtomicLong numbers = new AtomicLong();
    private final Set<String> seen = ConcurrentHashMap.newKeySet();
    private final RequestVerifier verifier = new Verifier();

    /** A scheme that has seen no request. */
    public DigestScheme() {}

    @Override
    public RequestVerifier verifier() {
        return verifier;
    }

    @Override
    public Map<String, String> sign(String method, String path, byte[] body) {
        String number = Long.toHexString(numbers.incrementAndGet());
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put(NUMBER, number);
        MessageDigest digest = digest();
        digest.update(covered(method, path, number));
        digest.update(body);
        headers.put(DIGEST, hex(digest.digest()));
        return headers;
    }

    @Override
    public int maxBodyBytes() {
        return MAX_BODY;
    }

    @Override
    public void close() {
        verifier.close();
    }

    private static byte[] covered(String method, String path, String number) {
        return (method + "\n" + path + "\n" + number + "\n").getBytes(StandardCharsets.ISO_8859_1);
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new LinkageError("every JDK has SHA-256", impossible);
        }
    }

    private static String hex(byte[] bytes) {
        StringBuilder hex = new StringBuilder(2 * bytes.length);
        for (byte b : bytes) {
            hex.append(Character.forDigit(b >> 4 & 15, 16)).append(Character.forDigit(b & 15, 16));
        }
        return hex.toString();
    }

    private static Rejected rejected(RejectionReason reason) {
        return TestVerdicts.rejected(reason, SERVER_SECOND);
    }

    private final class Verifier implements RequestVerifier {
        @Override
        public Verification begin(RequestHead head, Caller caller) {
            return new OneRequest(head);
        }

        @Override
        public Verdict verify(RequestHead head, ByteBuffer body, @Nullable Object attachment) {
            OneRequest request = new OneRequest(head);
            request.update(body);
            return request.conclude();
        }

        @Override
        public CompletionStage<Verdict> verifyAsync(RequestHead head, ByteBuffer body, Caller caller) {
            return CompletableFuture.completedFuture(verify(head, body, null));
        }

        @Override
        public void close() {}
    }

    private final class OneRequest implements Verification {
        private final CompletableFuture<Verdict> verdict = new CompletableFuture<>();
        private final MessageDigest digest = digest();
        private final String method;
        private final String path;
        private final @Nullable String query;
        private final String number;
        private final String expected;
        private long bytes;

        OneRequest(RequestHead head) {
            method = head.method();
            var target = TARGET.matcher(head.target());
            boolean isTarget = !head.target().isEmpty() && target.matches();
            String sent = isTarget ? String.valueOf(target.group(1)) : "";
            String sentQuery = isTarget ? target.group(2) : null;
            path = sent.isEmpty() ? "/" : sent;
            query = sentQuery == null ? null : sentQuery.substring(1);
            if (!METHOD.matcher(method).matches()
                    || !isTarget
                    || (sent.isEmpty() && head.target().startsWith("?"))) {
                reject(RejectionReason.MALFORMED_TARGET);
            }
            number = only(head, NUMBER);
            expected = only(head, DIGEST);
            digest.update(covered(method, path, number));
            if (head.announcedBodyBytes() > MAX_BODY) {
                reject(RejectionReason.BODY_TOO_LARGE);
            }
        }

        private String only(RequestHead head, String name) {
            List<String> values = head.headers(name);
            if (values.isEmpty()) {
                reject(RejectionReason.MISSING_HEADER);
                return "";
            }
            String value = values.get(0);
            if (values.size() > 1 || !HEX.matcher(value).matches()) {
                reject(RejectionReason.MALFORMED_HEADER);
            }
            return value;
        }

        private void reject(RejectionReason reason) {
            verdict.complete(rejected(reason)); // the first counts
        }

        @Override
        public Optional<Rejected> rejection() {
            return verdict.getNow(null) instanceof Rejected rejected ? Optional.of(rejected) : Optional.empty();
        }

        @Override
        public void update(ByteBuffer chunk) {
            bytes += chunk.remaining();
            digest.update(chunk);
            if (bytes > MAX_BODY) {
                reject(RejectionReason.BODY_TOO_LARGE);
            }
        }

        Verdict conclude() {
            if (!verdict.isDone()) {
                if (!hex(digest.digest()).equals(expected)) {
                    reject(RejectionReason.INVALID_SIGNATURE);
                } else if (!seen.add(number)) {
                    reject(RejectionReason.NONCE_REPLAY);
                } else {
                    verdict.complete(accepted());
                }
            }
            return verdict.join();
        }

        private Accepted accepted() {
            return TestVerdicts.accepted(
                    TestVerdicts.request(new DeviceIdentity("com.acme.app", "6ba7b810-9dad-41d1-80b4-00c04fd430c8"))
                            .method(method)
                            .path(path)
                            .signedPath(path)
                            .query(query)
                            .timestamp(SERVER_SECOND)
                            .body(bytes, true)
                            .build());
        }

        @Override
        public CompletionStage<Verdict> finish() {
            return CompletableFuture.completedFuture(conclude());
        }

        @Override
        public CompletionStage<Verdict> completion() {
            return verdict.copy();
        }

        @Override
        public void cancel() {
            reject(RejectionReason.CANCELLED);
        }

        @Override
        public Optional<Verdict> verdict() {
            return Optional.ofNullable(verdict.getNow(null));
        }
    }
}
