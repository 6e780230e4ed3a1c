package dev.countersign.core;

import static dev.countersign.core.SignedRequests.good;
import static dev.countersign.core.SignedRequests.nonce;
import static dev.countersign.core.SignedRequests.signed;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.Accepted;
import dev.countersign.api.Caller;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.RequestHead;
import dev.countersign.api.SignedHeaders;
import dev.countersign.api.Verdict;
import dev.countersign.api.Verification;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.device.KeyState;
import dev.countersign.core.SignedRequests.Draft;
import dev.countersign.core.explain.Explanation;
import dev.countersign.core.explain.Explanation.Step;
import dev.countersign.core.explain.ExplanationListener;
import dev.countersign.core.explain.LikelyCause;
import dev.countersign.core.explain.LikelyCause.Kind;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.TestKeys;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an explanation says, within which limits, and that nothing of it changes a verdict. */
class ExplanationsTest {
    private static final long NOW = 1_800_000_000L;
    private static final long KEY = 1;
    private static final long OTHER_KEY = 2;
    private static final long THIRD_KEY = 3;
    private static final int EXPLAINED_A_SECOND = 5;
    private static final int AT_ONCE = 16;
    private static final int MEBIBYTE = 1 << 20;
    private static final DeviceIdentity DEVICE = new DeviceIdentity(SignedRequests.APP, SignedRequests.DEVICE);

    private final MutableClock clock = MutableClock.atSecond(NOW);
    private final InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(clock);
    private final ScriptedKeyStore keys = new ScriptedKeyStore(registry);
    private final ObviousNonceStore nonces = new ObviousNonceStore();
    private final ManualTime time = new ManualTime();
    private final Notes notes = new Notes();
    private int requests;

    ExplanationsTest() {
        registry.put(DeviceRecord.active(DEVICE, TestKeys.publicKey(KEY), 1));
    }

    @AfterEach
    void endTime() {
        time.shutdownNow();
    }

    private static final class Notes implements ExplanationListener {
        final List<String> warnings = new ArrayList<>();
        final List<Explanation> explanations = Collections.synchronizedList(new ArrayList<>());
        Consumer<Explanation> also = explanation -> {};

        @Override
        public void onTurnedOn(String warning) {
            warnings.add(warning);
        }

        @Override
        public void onRejection(Explanation explanation) {
            explanations.add(explanation);
            also.accept(explanation);
        }

        Explanation last() {
            return explanations.get(explanations.size() - 1);
        }
    }

    private VerifierBuilder settings() {
        return CountersignVerifier.builder(KeySource.uncached(keys), nonces)
                .clock(clock)
                .nanoTime(time::nanos)
                .timer(time)
                .name("api");
    }

    private VerifierBuilder explaining() {
        return settings().explainRejections(notes);
    }

    private static Rejected rejected(CountersignVerifier verifier, Draft draft) {
        return assertInstanceOf(Rejected.class, verifier.verify(draft.head(), draft.body()));
    }

    /** With the default settings. */
    private Explanation explanationOf(Draft draft) {
        return explanationOf(explaining(), draft.head(), draft.body());
    }

    private Explanation explanationOf(VerifierBuilder settings, RequestHead head, byte[] body) {
        try (CountersignVerifier verifier = settings.build()) {
            Rejected rejected = assertInstanceOf(Rejected.class, verifier.verify(head, body));
            Explanation explanation = notes.last();
            assertEquals(rejected.verificationId(), explanation.verificationId());
            assertEquals(rejected.reason(), explanation.reason());
            assertEquals(0, verifier.explanationFailures());
            return explanation;
        }
    }

    private static LikelyCause first(Explanation explanation) {
        return explanation.likelyCauses().get(0);
    }

    private static List<Kind> kinds(Explanation explanation) {
        return explanation.likelyCauses().stream().map(LikelyCause::kind).toList();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static String sha256(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    private String freshNonce() {
        return nonce(++requests);
    }

    private Draft good1() {
        return good(KEY, NOW, freshNonce());
    }

    // ---- what it says

    @Test
    void buildSaysThatItIsOn() {
        explaining().build().close();
        assertEquals(1, notes.warnings.size());
        String warning = notes.warnings.get(0);
        assertTrue(warning.contains("\"api\"") && warning.contains("not for production"), warning);
        assertTrue(warning.contains("paths") && warning.contains("nonces") && warning.contains("hashes"), warning);
        assertFalse(warning.contains("\n"));
    }

    @Test
    void anAcceptedRequestIsNotExplained() {
        try (CountersignVerifier verifier = explaining().build()) {
            Draft draft = good1();
            assertInstanceOf(Accepted.class, verifier.verify(draft.head(), draft.body()));
            assertEquals(List.of(), notes.explanations);
        }
    }

    @Test
    void aChangedBodyIsShownWithAllThatTheVerifierMadeOfIt() throws Exception {
        Draft sent = signed(KEY, "POST", "/ingest/v1/x?q=1", "/v1/x", NOW, nonce(7), ascii("{\"a\": 1}"))
                .withBody(ascii("{\"a\":1}"));
        Explanation explanation = explanationOf(sent);
        byte[] message = SignedRequests.message("POST", "/v1/x", "" + NOW, sent.body());
        assertEquals(Step.SIGNATURE, explanation.step());
        assertEquals("a signature of this message by a key of the device that may sign", explanation.expected());
        assertEquals("none of 1 key verifies it", explanation.found());
        assertEquals(Optional.of("POST\\n/v1/x\\n" + NOW + "\\n"), explanation.messageHead());
        assertEquals(Optional.of(sha256(message)), explanation.messageSha256());
        assertEquals(OptionalLong.of(7), explanation.bodyBytes());
        assertEquals(Optional.of(sha256(sent.body())), explanation.bodySha256());
        assertEquals(Optional.of("/v1/x"), explanation.signingPath());
        assertEquals(Optional.of("by the rule: POST, /ingest/v1/ becomes /v1/"), explanation.signingPathRule());
        assertEquals(
                List.of(KeyState.CURRENT), List.copyOf(explanation.deviceKeys().values()));
        assertEquals(List.of(Kind.BODY_CHANGED, Kind.PATH_REWRITTEN, Kind.OTHER_KEY), kinds(explanation));
        assertTrue(explanation.likelyCauses().stream().noneMatch(LikelyCause::isShown));
        assertEquals(0, explanation.leftOut());
        assertEquals("api", explanation.verifierName());
        String text = explanation.text();
        for (String part : List.of(
                "verification " + explanation.verificationId() + " of verifier \"api\": INVALID_SIGNATURE",
                "\n  step          6, verify the signature\n",
                "\n  request       POST /ingest/v1/x?q=1, app \"com.acme.app\", device \"" + SignedRequests.DEVICE
                        + "\", nonce \"" + nonce(7) + "\"\n",
                "\n  message head  POST\\n/v1/x\\n1800000000\\n\n",
                "\n  message       SHA-256 " + sha256(message),
                "\n  body          7 bytes, SHA-256 " + sha256(sent.body()),
                "\n  signing path  /v1/x, by the rule: POST, /ingest/v1/ becomes /v1/\n",
                "\n  device key    "
                        + explanation.deviceKeys().keySet().iterator().next() + ", CURRENT\n",
                "\n  perhaps       BODY_CHANGED: ")) {
            assertTrue(text.contains(part), () -> part + " in " + text);
        }
        assertFalse(text.contains(sent.header(SignedHeaders.SIGNATURE)), "never a signature");
        assertFalse(explanation.toString().contains("/v1"), explanation::toString);
    }

    @Test
    void withoutARuleAndWithAPathThatIsAcceptedInTwoForms() {
        Draft other = good(OTHER_KEY, NOW, freshNonce());
        assertEquals(
                Optional.of("as it came: no rule matches"), explanationOf(other).signingPathRule());
        Draft both = signed(OTHER_KEY, "PUT", "/auth/x", "/x", NOW, freshNonce(), new byte[0]);
        Explanation explanation = explanationOf(
                explaining().signingPaths(SigningPaths.strip("/auth").acceptingUnstripped("/auth/x")),
                both.head(),
                both.body());
        assertEquals(
                Optional.of("by the rule: every method, /auth/ becomes /; a signature for the path as it came is"
                        + " accepted, too"),
                explanation.signingPathRule());
    }

    @ParameterizedTest
    @CsvSource({
        "-301, CLOCK, 301 s behind",
        "301, CLOCK, 301 s ahead",
        "-86400, CLOCK, 86400 s behind",
        "-3600, TIME_ZONE, about 1.0 hours behind",
        "19830, TIME_ZONE, about 5.5 hours ahead",
        "-3700, CLOCK, 3700 s behind"
    })
    void aClockIsSaidToBeSoFarOff(long offset, Kind kind, String words) {
        Explanation explanation = explanationOf(good(KEY, NOW + offset, freshNonce()));
        assertEquals(Step.FRESHNESS, explanation.step());
        assertEquals("a timestamp from 1799999700 to 1800000300, server time being 1800000000", explanation.expected());
        assertTrue(explanation.found().startsWith((NOW + offset) + ", "), explanation.found());
        assertEquals(kind, first(explanation).kind());
        assertTrue(
                first(explanation).sentence().contains(words),
                first(explanation).sentence());
        assertTrue(kinds(explanation).contains(Kind.CLOCK));
        assertEquals(Optional.empty(), explanation.messageSha256(), "no body was read");
    }

    @Test
    void millisecondsAreSeenInTheHeader() {
        Explanation explanation = explanationOf(good1().with(SignedHeaders.TIMESTAMP, NOW + "123"));
        assertEquals(Step.HEADERS, explanation.step());
        assertEquals(List.of(Kind.TIMESTAMP_MILLISECONDS), kinds(explanation));
        assertEquals("X-Synheart-Timestamp once: Unix seconds, 0 or [1-9][0-9]{0,10}", explanation.expected());
        assertEquals("\"1800000000123\"", explanation.found());
    }

    @Test
    void millisecondsThatAreOnlySignedAreTriedOut() {
        Draft sent = good1();
        byte[] der = SignedRequests.sign(KEY, SignedRequests.message("POST", "/v1/events", NOW + "000", sent.body()));
        Explanation explanation = explanationOf(
                sent.with(SignedHeaders.SIGNATURE, java.util.Base64.getEncoder().encodeToString(der)));
        assertEquals(List.of(Kind.TIMESTAMP_SIGNED_IN_MILLISECONDS), kinds(explanation));
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/events/, /v1/events, PATH_TRAILING_SLASH",
        "/v1/events, /v1/events/, PATH_TRAILING_SLASH",
        "/v1/hsi, /ingest/v1/hsi, PATH_PREFIX_GONE",
        "/api/v1/hsi, /v1/hsi, PATH_STRIPPED",
    })
    void otherPathsAreTriedOut(String target, String signedPath, Kind kind) {
        Explanation explanation =
                explanationOf(signed(KEY, "DELETE", target, signedPath, NOW, freshNonce(), new byte[0]));
        assertEquals(List.of(kind), kinds(explanation));
        assertTrue(first(explanation).isShown());
    }

    // ---- bodies

    private static RequestHead announcing(Draft draft, String name, String value) {
        return draft.adding(name, value).head();
    }

    @Test
    void aBodyThatWasReadBeforeIsSeenByTheLengthThatWasAnnounced() {
        Draft draft = good1();
        Explanation consumed = explanationOf(explaining(), announcing(draft, "Content-Length", "2"), new byte[0]);
        assertEquals(Kind.BODY_CONSUMED, first(consumed).kind());
        assertTrue(first(consumed).isShown());
        Explanation chunked =
                explanationOf(explaining(), announcing(draft, "Transfer-Encoding", "chunked"), new byte[0]);
        assertEquals(Kind.BODY_CONSUMED, first(chunked).kind());
        Draft form = draft.adding("Content-Length", "2").adding("Content-Type", "application/x-www-form-urlencoded");
        assertTrue(first(explanationOf(explaining(), form.head(), new byte[0]))
                .sentence()
                .contains("parse the form"));
        Draft packed = draft.adding("Content-Length", "9").adding("Content-Encoding", "gzip");
        Explanation changed = explanationOf(explaining(), packed.head(), ascii("[]"));
        assertEquals(Kind.BODY_LENGTH_CHANGED, first(changed).kind());
        assertTrue(first(changed).sentence().contains("decompresses"));
        Explanation same = explanationOf(explaining(), announcing(draft, "Content-Length", "2"), ascii("[]"));
        assertEquals(Kind.BODY_CHANGED, first(same).kind());
    }

    @Test
    void aLongBodyIsHashedAndNotTriedInOtherMessages() throws Exception {
        byte[] body = new byte[MEBIBYTE + 1];
        Draft draft = signed(KEY, "POST", "/v1/x?y", "/v1/x?y", NOW, freshNonce(), body);
        Explanation explanation = explanationOf(draft);
        assertEquals(Optional.of(sha256(body)), explanation.bodySha256());
        assertFalse(kinds(explanation).contains(Kind.PATH_WITH_QUERY));
        assertEquals(1, explanation.notTried().size());
        assertTrue(explanation.notTried().get(0).contains("1048576 bytes"), explanation::text);
        byte[] fits = new byte[MEBIBYTE];
        Draft shorter = signed(KEY, "POST", "/v1/x?y", "/v1/x?y", NOW, freshNonce(), fits);
        assertEquals(List.of(Kind.PATH_WITH_QUERY), kinds(explanationOf(shorter)));
    }

    @Test
    void bodiesAreTriedUpToSoManyBytesASecond() {
        byte[] body = new byte[MEBIBYTE];
        try (CountersignVerifier verifier = explaining().build()) {
            int tried = 0;
            for (int i = 0; i < 12; i++) {
                Draft draft = good(KEY, NOW, freshNonce()).withBody(body);
                if (i < 8) {
                    // Accepted ones count, too: nobody knows before.
                    Draft accepted = signed(KEY, "POST", "/v1/x", "/v1/x", NOW, freshNonce(), body);
                    draft = i < 7 ? accepted : draft;
                }
                Verdict verdict = verifier.verify(draft.head(), draft.body());
                tried += !verdict.isAccepted() && notes.last().notTried().isEmpty() ? 1 : 0;
            }
            assertEquals(1, tried, "the eighth MiB of this second");
        }
    }

    /** Of so odd a path there are more other forms than are hashed while a body comes; without one, all are tried. */
    @Test
    void noMoreThanEightOtherMessagesAreHashedWhileABodyComes() {
        String odd = "/ingest/V1//a%41/./b;c/?q";
        byte[] body = ascii("{}");
        String path = odd.substring("/ingest".length(), odd.length() - 2);
        Draft withBody = signed(KEY, "PUT", odd, "/ingest" + path + "x", NOW, freshNonce(), body);
        Explanation explanation = explanationOf(withBody);
        assertEquals(1, explanation.notTried().size());
        assertTrue(explanation.notTried().get(0).contains("other messages: only 8"), explanation::text);
        Draft last = signed(KEY, "PUT", odd, "/ingest" + path, NOW, freshNonce(), new byte[0]);
        byte[] der =
                SignedRequests.sign(KEY, SignedRequests.message("PUT", "/ingest" + path, NOW + "000", new byte[0]));
        Explanation all = explanationOf(
                last.with(SignedHeaders.SIGNATURE, java.util.Base64.getEncoder().encodeToString(der)));
        assertEquals(List.of(Kind.TIMESTAMP_SIGNED_IN_MILLISECONDS), kinds(all), "the last one that is tried");
        assertEquals(List.of(), all.notTried());
    }

    // ---- devices and keys

    @Test
    void anUnknownDeviceIsNamed() {
        Explanation explanation = explanationOf(good1().with(SignedHeaders.APP_ID, "com.Acme.app"));
        assertEquals(RejectionReason.UNKNOWN_DEVICE, explanation.reason());
        assertEquals(Step.KEY, explanation.step());
        assertEquals(List.of(Kind.DEVICE_UNKNOWN), kinds(explanation));
        assertTrue(first(explanation).sentence().contains("\"com.Acme.app\""));
        assertEquals(Map.of(), explanation.deviceKeys());
    }

    @Test
    void aKeyThatWasReplacedIsNamedByItsThumbprint() {
        DeviceRecord rotated = DeviceRecord.of(
                DEVICE,
                DeviceStatus.ACTIVE,
                List.of(
                        DeviceKey.current(TestKeys.publicKey(KEY)).retired(),
                        DeviceKey.current(TestKeys.publicKey(OTHER_KEY))),
                2);
        keys.script = () -> CompletableFuture.completedFuture(Optional.of(rotated));
        Explanation explanation = explanationOf(good1());
        assertEquals(List.of(Kind.KEY_REPLACED), kinds(explanation));
        assertEquals(
                List.of(KeyState.CURRENT, KeyState.RETIRED),
                List.copyOf(explanation.deviceKeys().values()));
        String retired = List.copyOf(explanation.deviceKeys().keySet()).get(1);
        assertTrue(first(explanation).sentence().contains(retired + ", which is retired"), explanation::text);
    }

    private void registerThreeKeys() {
        Instant later = Instant.ofEpochSecond(NOW + 100);
        registry.put(DeviceRecord.of(
                DEVICE,
                DeviceStatus.ACTIVE,
                List.of(
                        DeviceKey.current(TestKeys.publicKey(KEY)),
                        DeviceKey.of(TestKeys.publicKey(OTHER_KEY), KeyState.PROVISIONAL)
                                .withNotAfter(later),
                        DeviceKey.of(TestKeys.publicKey(THIRD_KEY), KeyState.PREVIOUS)
                                .withNotAfter(later)),
                2));
    }

    /** Under three keys, all messages would take more. */
    @Test
    void noMoreThan32SignaturesAreChecked() {
        registerThreeKeys();
        Explanation explanation =
                explanationOf(signed(9, "GET", "/v1/Ev%41nts;a?b", "/", NOW, freshNonce(), new byte[0]));
        assertEquals(List.of("what would take more than 32 signature checks"), explanation.notTried());
        assertEquals("none of 3 keys verifies it", explanation.found());
        assertEquals(
                List.of(KeyState.CURRENT, KeyState.PROVISIONAL, KeyState.PREVIOUS),
                List.copyOf(explanation.deviceKeys().values()));
    }

    /** Four checks are made for a request: three keys for the path by rule, and one for the path as it came. */
    @Test
    void aKeyForWhichThereWasNoCheckLeftIsNamed() {
        registerThreeKeys();
        Draft sent = signed(THIRD_KEY, "PUT", "/auth/x", "/auth/x", NOW, freshNonce(), new byte[0]);
        Explanation explanation = explanationOf(
                explaining().signingPaths(SigningPaths.strip("/auth").acceptingUnstripped("/auth/x")),
                sent.head(),
                sent.body());
        assertEquals(RejectionReason.INVALID_SIGNATURE, explanation.reason());
        assertEquals(List.of(Kind.CHECKS_SPENT), kinds(explanation));
    }

    /** Its own, and one that belongs to nobody and is another one for each request. */
    @Test
    void aKeyThatIsNotListedIsWhatTwoRequestsHaveInCommon() {
        String own = explanationOf(good(OTHER_KEY, NOW, freshNonce()).with(SignedHeaders.TIMESTAMP, "" + (NOW - 1)))
                .deviceKeys()
                .keySet()
                .iterator()
                .next();
        registry.put(DeviceRecord.active(DEVICE, TestKeys.publicKey(OTHER_KEY), 2));
        Set<String> common = new HashSet<>();
        for (int i = 0; i < 5; i++) {
            Explanation explanation = explanationOf(good(KEY, NOW - i, freshNonce()));
            assertEquals(2, explanation.possibleSigners().size());
            assertTrue(explanation.text().contains("\n  signed by?    " + own + ", if the message is this one\n"));
            common.addAll(explanation.possibleSigners());
        }
        assertTrue(common.contains(own));
        assertEquals(6, common.size());
        Explanation unknown = explanationOf(good1().with(SignedHeaders.APP_ID, "com.other"));
        assertTrue(unknown.possibleSigners().contains(own), unknown::text);
        Explanation shown = explanationOf(signed(OTHER_KEY, "GET", "/a?b", "/a?b", NOW, freshNonce(), new byte[0]));
        assertEquals(List.of(), shown.possibleSigners(), "it is plain what it was");
    }

    @Test
    void statesAndReplaysAreNamed() {
        Draft draft = good1();
        try (CountersignVerifier verifier = explaining().build()) {
            assertInstanceOf(Accepted.class, verifier.verify(draft.head(), draft.body()));
            rejected(verifier, draft);
            assertEquals(List.of(Kind.SENT_AGAIN), kinds(notes.last()));
            assertEquals(Step.CLAIM, notes.last().step());
            rejected(verifier, draft.with(SignedHeaders.NONCE, freshNonce()));
            assertEquals(List.of(Kind.SIGNATURE_AGAIN), kinds(notes.last()));
            registry.put(DeviceRecord.of(
                    DEVICE, DeviceStatus.REVOKED, List.of(DeviceKey.current(TestKeys.publicKey(KEY))), 2));
            rejected(verifier, good1());
            assertEquals(List.of(Kind.DEVICE_REVOKED), kinds(notes.last()));
            registry.put(DeviceRecord.of(
                    DEVICE, DeviceStatus.PENDING, List.of(DeviceKey.current(TestKeys.publicKey(KEY))), 3));
            rejected(verifier, good1());
            assertEquals(List.of(Kind.DEVICE_PENDING), kinds(notes.last()));
        }
    }

    @Test
    void aStoreThatFailsIsNamedAndWhatItSaidIsNot() {
        keys.script = () -> CompletableFuture.failedFuture(new IllegalStateException("s3cret\u001B"));
        Explanation byKeys = explanationOf(good1());
        assertEquals(List.of(Kind.STORE), kinds(byKeys));
        assertEquals(Step.KEY, byKeys.step());
        assertTrue(byKeys.text().contains("java.lang.IllegalStateException"), byKeys::text);
        assertFalse(byKeys.text().contains("s3cret"), byKeys::text);
        keys.script = null;
        nonces.script = () -> CompletableFuture.failedFuture(new IllegalStateException("s3cret"));
        assertEquals(Step.CLAIM, explanationOf(good1()).step());
    }

    // ---- hostile text

    @Test
    void whatAClientSentIsEscapedAndCut() {
        String hostile = "\u001B[2J\r\nfake line \u00E9" + "A".repeat(100_000);
        for (Draft draft : List.of(
                good1().withTarget("/" + hostile),
                good1().withMethod(hostile),
                good1().with(SignedHeaders.NONCE, hostile),
                good1().with(SignedHeaders.SIGNATURE, hostile),
                good1().with(SignedHeaders.SIG_VERSION, hostile),
                good1().with(SignedHeaders.APP_ID, "A".repeat(100_000)),
                good1().with(SignedHeaders.TIMESTAMP, "1".repeat(100_000)),
                good1().with(SignedHeaders.DEVICE_ID, hostile),
                good1().withTarget("/" + "%41/;".repeat(20_000)))) {
            String text = explanationOf(draft).text();
            assertTrue(text.matches("[ -~\n]+"), text);
            assertTrue(text.length() < 8000, () -> text.length() + " characters");
            assertFalse(text.contains("\nfake line"), text);
        }
    }

    @Test
    void aLongPathIsNotTriedInOtherForms() {
        Draft draft = signed(KEY, "GET", "/" + "a".repeat(3000) + "?b", "/b", NOW, freshNonce(), new byte[0]);
        assertEquals(
                List.of("other forms of the path: it is longer than 2048 characters"),
                explanationOf(draft).notTried());
    }

    // ---- limits

    @Test
    void soManyAreExplainedASecondAndTheRestIsCounted() {
        try (CountersignVerifier verifier = explaining().build()) {
            for (int i = 0; i < EXPLAINED_A_SECOND + 4; i++) {
                rejected(verifier, good1().withMethod("post"));
            }
            assertEquals(EXPLAINED_A_SECOND, notes.explanations.size());
            time.pass(Duration.ofSeconds(1));
            rejected(verifier, good1().withMethod("post"));
            assertEquals(EXPLAINED_A_SECOND + 1, notes.explanations.size());
            assertEquals(4, notes.last().leftOut());
            assertTrue(
                    notes.last().text().endsWith("\n  left out      4 rejections before this one were not explained"));
            rejected(verifier, good1().withMethod("post"));
            assertEquals(0, notes.last().leftOut(), "counted once");
        }
    }

    @Test
    void soManyAreNotedAtATimeAndEachGivesItsPlaceBack() {
        try (CountersignVerifier verifier = explaining().build()) {
            List<Verification> open = new ArrayList<>();
            for (int i = 0; i < AT_ONCE; i++) {
                open.add(verifier.begin(good1().head(), Caller.inline()));
            }
            rejected(verifier, good1().withMethod("post"));
            assertEquals(List.of(), notes.explanations, "no place");
            open.get(0).cancel();
            assertEquals(List.of(Kind.CANCELLED), kinds(notes.last()));
            assertEquals(1, notes.last().leftOut());
            rejected(verifier, good1().withMethod("post"));
            assertEquals(Kind.METHOD_LOWER_CASE, first(notes.last()).kind());
            for (int i = 1; i < AT_ONCE; i++) {
                open.get(i).update(ByteBuffer.wrap(ascii("{}")));
                assertTrue(open.get(i).finish().toCompletableFuture().join().isAccepted());
            }
            for (int i = 0; i < 500; i++) { // whatever way they end
                time.pass(Duration.ofSeconds(1));
                clock.advance(Duration.ZERO);
                rejected(verifier, good1().withTarget("*"));
                Draft draft = good1();
                assertTrue(verifier.verify(draft.head(), draft.body()).isAccepted());
                verifier.begin(good1().head(), Caller.inline()).cancel();
            }
            assertEquals(0, notes.last().leftOut());
        }
    }

    /** On many threads at once, too, each rejection is explained or counted, and no place is lost. */
    @Test
    void whatIsNotExplainedIsCountedByWhateverThread() throws Exception {
        int threads = 4;
        int each = 100;
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try (CountersignVerifier verifier = explaining().build()) {
            List<Callable<Integer>> tasks = new ArrayList<>();
            for (int task = 0; task < threads; task++) {
                int first = 10_000 * (task + 1);
                tasks.add(() -> {
                    int rejected = 0;
                    for (int i = 0; i < each; i++) {
                        Draft draft = good(i % 2 == 0 ? KEY : OTHER_KEY, NOW, nonce(first + i));
                        rejected += verifier.verify(draft.head(), draft.body()).isAccepted() ? 0 : 1;
                    }
                    return rejected;
                });
            }
            int rejected = 0;
            for (Future<Integer> done : pool.invokeAll(tasks)) {
                rejected += done.get();
            }
            time.pass(Duration.ofSeconds(1));
            rejected(verifier, good1().withMethod("post"));
            long leftOut =
                    notes.explanations.stream().mapToLong(Explanation::leftOut).sum();
            assertEquals(threads * each / 2, rejected);
            assertEquals(rejected + 1, notes.explanations.size() + leftOut);
            assertEquals(EXPLAINED_A_SECOND + 1, notes.explanations.size());
            assertEquals(0, verifier.explanationFailures());
        } finally {
            pool.shutdownNow();
        }
    }

    // ---- it changes nothing

    @Test
    void theVerdictIsOutBeforeItIsExplained() {
        try (CountersignVerifier verifier = explaining().build()) {
            Verification verification =
                    verifier.begin(good(OTHER_KEY, NOW, freshNonce()).head(), Caller.inline());
            List<Boolean> wasOut = new ArrayList<>();
            notes.also = explanation -> wasOut.add(verification.verdict().isPresent()
                    && verification.completion().toCompletableFuture().isDone());
            verification.update(ByteBuffer.wrap(ascii("{}")));
            assertFalse(verification.finish().toCompletableFuture().join().isAccepted());
            assertEquals(List.of(true), wasOut);
        }
    }

    @Test
    void aListenerThatThrowsIsCountedAndChangesNothing() {
        try (CountersignVerifier verifier = settings()
                .explainRejections(ExplanationListener.printing(text -> {
                    throw new StackOverflowError("of a printer");
                }))
                .build()) {
            assertEquals(1, verifier.explanationFailures(), "the warning");
            for (int i = 1; i <= 3; i++) {
                assertEquals(
                        RejectionReason.INVALID_SIGNATURE,
                        rejected(verifier, good(OTHER_KEY, NOW, freshNonce())).reason());
                assertEquals(1 + i, verifier.explanationFailures());
            }
            assertEquals(0, verifier.internalFaults());
            assertEquals(0, verifier.listenerFailures());
        }
    }

    /** Explaining asks a head for more than a verification does. */
    @Test
    void aHeadThatFailsForExplainingIsVerifiedAllTheSame() {
        Draft draft = good1();
        RequestHead head = new RequestHead() {
            @Override
            public String method() {
                return draft.method();
            }

            @Override
            public String target() {
                return draft.target();
            }

            @Override
            public List<String> headers(String name) {
                if (name.equals("Content-Type")) {
                    throw new AssertionError("never asked by a verification");
                }
                return draft.head().headers(name);
            }
        };
        try (CountersignVerifier verifier = explaining().build()) {
            assertTrue(verifier.verify(head, draft.body()).isAccepted());
            assertEquals(1, verifier.explanationFailures());
            assertEquals(
                    RejectionReason.NONCE_REPLAY,
                    assertInstanceOf(Rejected.class, verifier.verify(head, draft.body()))
                            .reason());
            assertEquals(List.of(), notes.explanations);
            rejected(verifier, draft);
            assertEquals(1, notes.last().leftOut());
            assertEquals(0, verifier.internalFaults());
        }
    }

    @Test
    void aBodyThatTakesTooLongIsExplainedFromTheTimersThread() {
        try (CountersignVerifier verifier =
                explaining().bodyTimeLimit(Duration.ofSeconds(2)).build()) {
            Verification verification = verifier.begin(good1().head(), Caller.inline());
            verification.update(ByteBuffer.wrap(ascii("{")));
            time.pass(Duration.ofSeconds(5));
            assertEquals(List.of(Kind.CANCELLED), kinds(notes.last()));
            assertEquals(Step.NONE, notes.last().step());
            assertEquals(OptionalLong.empty(), notes.last().bodyBytes(), "it was not complete");
            verification.update(ByteBuffer.wrap(ascii("}")));
            assertFalse(verification.finish().toCompletableFuture().join().isAccepted());
            assertEquals(1, notes.explanations.size());
            assertEquals(0, verifier.explanationFailures());
        }
    }

    @Test
    void whileItIsOffNothingIsExplained() {
        try (CountersignVerifier verifier = settings().build()) {
            rejected(verifier, good(OTHER_KEY, NOW, freshNonce()));
            assertEquals(0, verifier.explanationFailures());
            assertEquals(List.of(), notes.warnings);
        }
    }
}
