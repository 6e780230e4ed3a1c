package dev.countersign.conformance.harness;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.api.Accepted;
import dev.countersign.api.Caller;
import dev.countersign.api.ErrorAnswer;
import dev.countersign.api.Rejected;
import dev.countersign.api.RequestHead;
import dev.countersign.api.Verdict;
import dev.countersign.api.Verification;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.device.KeyState;
import dev.countersign.conformance.protocol.UnsupportedCaseException;
import dev.countersign.conformance.signing.Body;
import dev.countersign.conformance.suite.Hex;
import dev.countersign.conformance.suite.Json;
import dev.countersign.core.CountersignVerifier;
import dev.countersign.core.KeySource;
import dev.countersign.core.SigningPaths;
import dev.countersign.core.VerifierBuilder;
import dev.countersign.core.engine.EcdsaP256Engine;
import dev.countersign.nonce.memory.MemoryNonceStore;
import dev.countersign.testkit.MutableClock;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;

/** What lies between two resets: a verifier with its stores and its clock. */
final class VerifierSession implements AutoCloseable {
    private static final int LONGEST_WAIT_SECONDS = 30;
    private static final int MAX_TOGETHER = 64;

    private final MutableClock clock;
    private final BreakableKeyStore keys = new BreakableKeyStore();
    private final BreakableNonceStore nonces;
    private final CountersignVerifier verifier;

    VerifierSession(ObjectNode reset, EcdsaP256Engine engine, UnaryOperator<VerifierBuilder> settings) {
        JsonNode config = reset.path("config");
        long serverTime = reset.path("serverTime").asLong();
        JsonNode watchingSince = config.get("watchingSince");
        clock = MutableClock.atSecond(watchingSince == null ? serverTime : watchingSince.asLong());
        MemoryNonceStore.Builder store = MemoryNonceStore.builder().clock(clock).noBackgroundPurge();
        nonces = new BreakableNonceStore(nonceStore(store, config, watchingSince == null));
        clock.setSecond(serverTime);
        verifier = verifier(
                settings.apply(CountersignVerifier.builder(KeySource.uncached(keys), nonces)
                        .clock(clock)
                        .engine(engine)),
                config);
        devices(reset.path("devices"));
    }

    private static MemoryNonceStore nonceStore(MemoryNonceStore.Builder store, JsonNode config, boolean always) {
        if (always) {
            store.alwaysWatching();
        }
        if (config.has("quota")) {
            store.quotaPerDevice(config.path("quota").asInt());
        }
        return store.build();
    }

    private static CountersignVerifier verifier(VerifierBuilder builder, JsonNode config) {
        for (Map.Entry<String, JsonNode> setting : config.properties()) {
            JsonNode value = setting.getValue();
            switch (setting.getKey()) {
                case "freshnessSeconds" -> builder.freshnessWindow(Duration.ofSeconds(value.asLong()));
                case "replay" ->
                    setIf(oneOf(value, "nonce", "nonce+signature"), builder::withoutSignatureReplayProtection);
                case "replayMethods" -> setIf(oneOf(value, "writes", "all"), builder::replayProtectionOnWritesOnly);
                case "deviceIds" -> setIf(oneOf(value, "opaque", "uuid"), builder::opaqueDeviceIds);
                case "signingPaths" -> builder.signingPaths(signingPaths(value));
                case "rejectQueryOnWrites" -> setIf(value.asBoolean(), builder::rejectQueryOnWrites);
                case "maxBodyBytes" -> builder.maxBodyBytes(value.asLong());
                case "quota", "watchingSince" -> {} // the store's
                default -> throw new UnsupportedCaseException("no setting \"" + setting.getKey() + "\"");
            }
        }
        return builder.build();
    }

    private static void setIf(boolean wanted, Runnable setting) {
        if (wanted) {
            setting.run();
        }
    }

    /** Whether a setting has the first of its two values; a third one is not guessed at. */
    private static boolean oneOf(JsonNode value, String yes, String no) {
        if (!value.asText().equals(yes) && !value.asText().equals(no)) {
            throw new UnsupportedCaseException("no such value: " + value);
        }
        return value.asText().equals(yes);
    }

    private static SigningPaths signingPaths(JsonNode rules) {
        SigningPaths.Builder paths = SigningPaths.builder().allowOneSignatureForSeveralServices(); // as the case has it
        for (JsonNode rule : rules) {
            Set<String> methods = new HashSet<>();
            rule.path("methods").forEach(method -> methods.add(method.asText()));
            paths.rule(
                    methods,
                    rule.path("prefix").asText(),
                    rule.path("replacement").asText());
            rule.path("acceptUnstripped").forEach(prefix -> paths.acceptUnstripped(prefix.asText()));
        }
        return paths.build();
    }

    void devices(JsonNode devices) {
        for (JsonNode device : devices) {
            List<DeviceKey> list = new ArrayList<>();
            for (JsonNode key : device.path("keys")) {
                JsonNode notAfter = key.get("notAfter");
                list.add(DeviceKey.of(
                                DevicePublicKey.ofPoint(
                                        Hex.parse(key.path("pointHex").asText())),
                                KeyState.valueOf(key.path("state").asText().toUpperCase(Locale.ROOT)))
                        .withNotAfter(notAfter == null ? null : Instant.ofEpochSecond(notAfter.asLong())));
            }
            DeviceIdentity identity = new DeviceIdentity(
                    device.path("appId").asText(), device.path("deviceId").asText());
            DeviceStatus status =
                    DeviceStatus.valueOf(device.path("status").asText().toUpperCase(Locale.ROOT));
            keys.put(DeviceRecord.of(identity, status, list, 0));
        }
    }

    void fault(String store, String state) {
        switch (store + " " + state) {
            case "keys up", "keys down" -> keys.setDown(state.equals("down"));
            case "nonces up", "nonces down", "nonces full" -> nonces.setState(state);
            default -> throw new UnsupportedCaseException("no such fault: " + store + " " + state);
        }
    }

    ObjectNode verify(JsonNode request) {
        clock.setSecond(request.path("serverTime").asLong());
        Verification verification = begin(request);
        JsonNode finishTime = request.get("finishTime");
        if (finishTime != null) {
            clock.setSecond(finishTime.asLong());
        }
        return answer(finish(verification));
    }

    /** All heads and bodies first, then all endings at once, each on a thread of its own. */
    ObjectNode verifyAll(JsonNode requests) {
        int count = requests.size();
        if (count == 0 || count > MAX_TOGETHER) {
            throw new UnsupportedCaseException("1 to " + MAX_TOGETHER + " requests together");
        }
        clock.setSecond(requests.path(0).path("serverTime").asLong());
        List<Verification> open = new ArrayList<>();
        requests.forEach(request -> open.add(begin(request)));
        ExecutorService threads = Executors.newFixedThreadPool(count);
        try {
            CyclicBarrier start = new CyclicBarrier(count);
            List<Future<Verdict>> verdicts = new ArrayList<>();
            for (Verification verification : open) {
                verdicts.add(threads.submit(() -> {
                    start.await(LONGEST_WAIT_SECONDS, TimeUnit.SECONDS);
                    return finish(verification);
                }));
            }
            ObjectNode all = Json.object();
            for (Future<Verdict> verdict : verdicts) {
                all.withArray("/answers").add(answer(verdict.get(LONGEST_WAIT_SECONDS, TimeUnit.SECONDS)));
            }
            return all;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("no verdict", e);
        } finally {
            threads.shutdownNow();
        }
    }

    private Verification begin(JsonNode request) {
        List<Map.Entry<String, String>> headers = new ArrayList<>();
        for (JsonNode line : request.path("headers")) {
            headers.add(Map.entry(line.path(0).asText(), line.path(1).asText()));
        }
        RequestHead head = RequestHead.of(
                request.path("method").asText(), request.path("target").asText(), headers);
        Verification verification = verifier.begin(head, Caller.inline());
        if (verification.rejection().isEmpty()) {
            verification.update(ByteBuffer.wrap(Body.of(request).bytes()));
        }
        return verification;
    }

    private static Verdict finish(Verification verification) {
        try {
            return verification.finish().toCompletableFuture().get(LONGEST_WAIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("no verdict", e);
        }
    }

    private ObjectNode answer(Verdict verdict) {
        if (verifier.internalFaults() > 0) {
            throw new IllegalStateException("the verifier failed inside", verifier.lastInternalFault());
        }
        if (verifier.explanationFailures() > 0) {
            throw new IllegalStateException("an explanation failed");
        }
        return verdict.fold(VerifierSession::accepted, VerifierSession::rejected);
    }

    private static ObjectNode accepted(Accepted accepted) {
        return Json.object()
                .put("verdict", "accepted")
                .put("signedPath", accepted.request().signedPath().orElseThrow());
    }

    private static ObjectNode rejected(Rejected rejected) {
        ErrorAnswer answer = rejected.answer();
        ObjectNode node = Json.object()
                .put("verdict", "rejected")
                .put("reason", rejected.reason().name())
                .put("publicCode", rejected.reason().publicCode().name())
                .put("status", answer.status());
        ObjectNode headers = node.putObject("responseHeaders");
        answer.headers().forEach(headers::put);
        return node.put("responseBodyHex", Hex.of(answer.body()));
    }

    @Override
    public void close() {
        verifier.close();
        nonces.close();
    }
}
