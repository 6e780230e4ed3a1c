package dev.countersign.conformance.mutants;

import static dev.countersign.conformance.mutants.Draft.NOW;
import static dev.countersign.conformance.mutants.Draft.get;
import static dev.countersign.conformance.mutants.Draft.post;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.harness.Engines;
import dev.countersign.conformance.harness.LibraryHarness;
import dev.countersign.conformance.protocol.Harness;
import dev.countersign.conformance.signing.Encoding;
import dev.countersign.core.explain.Explanation;
import dev.countersign.core.explain.ExplanationListener;
import dev.countersign.core.explain.LikelyCause;
import dev.countersign.core.explain.LikelyCause.Kind;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The explanation names each mutant's mistake: a request that its client signs or writes so, and that the mutant itself
 * accepts, is rejected by the library, and the first cause of the explanation is that mistake, shown and not guessed. A mutant
 * whose mistake no request can show stands below with the reason; each mutant is in one of the two lists.
 */
class ExplainedMutantsTest {
    private static final String OTHER_DEVICE = "device-123";
    private static final Map<Mutant, Mistake> SEEN = new EnumMap<>(Mutant.class);
    private static final Map<Mutant, String> UNSEEN = new EnumMap<>(Mutant.class);

    /** A client's request that shows a mistake, and what the explanation has to call it. */
    record Mistake(Kind kind, Draft draft) {}

    private static void seen(Mutant mutant, Kind kind, Draft draft) {
        assertNull(SEEN.put(mutant, new Mistake(kind, draft)), "once");
    }

    private static void unseen(String why, Mutant... mutants) {
        for (Mutant mutant : mutants) {
            assertNull(UNSEEN.put(mutant, why), "once");
        }
    }

    static {
        seen(Mutant.DOUBLE_HASH, Kind.HASHED_TWICE, post("/v1/events"));
        seen(Mutant.NO_LAST_LINE_FEED, Kind.LAST_LINE_FEED_MISSING, get("/v1/events"));
        seen(Mutant.CR_LF, Kind.CR_LF, post("/v1/events"));
        seen(Mutant.PATH_DECODED, Kind.PATH_DECODED, post("/v1/caf%C3%A9%2Fmenu"));
        seen(Mutant.PATH_LOWER_CASED, Kind.PATH_LOWER_CASED, post("/v1/Events"));
        seen(Mutant.PATH_NORMALISED, Kind.PATH_NORMALISED, post("/v1//a/./b/../c"));
        seen(Mutant.PATH_PARAMETERS_CUT, Kind.PATH_PARAMETERS_CUT, post("/v1/a;p=1/b"));
        seen(Mutant.QUERY_INCLUDED, Kind.PATH_WITH_QUERY, post("/v1/events?page=2"));
        seen(
                Mutant.METHOD_UPPER_CASED,
                Kind.METHOD_LOWER_CASE,
                post("/v1/events").sentMethod("post"));
        seen(Mutant.BODY_AS_TEXT, Kind.BODY_AS_TEXT, post("/v1/events").body("\u00FF\u00C3\u00A9\u00F0\u009F"));
        seen(
                Mutant.BODY_OF_READS_IGNORED,
                Kind.BODY_NOT_SIGNED,
                get("/v1/events").body("{}"));

        seen(Mutant.INGEST_ANY_METHOD, Kind.PATH_STRIPPED, get("/ingest/v1/x"));
        seen(Mutant.INGEST_LOOK_ALIKE, Kind.PATH_STRIPPED, post("/INGEST/v1/x"));
        seen(Mutant.INGEST_NEVER, Kind.PATH_UNSTRIPPED, post("/ingest/v1/x"));
        seen(Mutant.INGEST_BOTH, Kind.PATH_UNSTRIPPED, post("/ingest/v1/x").signedPath("/ingest/v1/x"));
        seen(Mutant.INGEST_ALWAYS, Kind.PATH_STRIPPED, post("/ingest/v1/x").withoutPathRules());

        seen(Mutant.BASE64_JDK, Kind.SIGNATURE_BASE64, signed(Encoding.NO_PADDING));
        seen(Mutant.BASE64_URL, Kind.SIGNATURE_BASE64, signed(Encoding.URL_ALPHABET));
        seen(Mutant.BASE64_MIME, Kind.SIGNATURE_BASE64, signed(Encoding.LINE_FEED));
        seen(Mutant.DER_TRAILING, Kind.SIGNATURE_DER, signed(Encoding.TRAILING_BYTE));
        seen(Mutant.DER_LONG_LENGTH, Kind.SIGNATURE_DER, signed(Encoding.LONG_SEQUENCE_LENGTH));
        seen(Mutant.DER_PADDED, Kind.SIGNATURE_DER, signed(Encoding.PADDED_R));
        seen(Mutant.DER_UNSIGNED, Kind.SIGNATURE_DER, signed(Encoding.NEGATIVE_S));
        seen(Mutant.DER_BER, Kind.SIGNATURE_DER, signed(Encoding.INDEFINITE_LENGTH));
        seen(Mutant.RAW_SIGNATURE, Kind.SIGNATURE_RAW, signed(Encoding.RAW));
        seen(Mutant.ZERO_ACCEPTED, Kind.SIGNATURE_RANGE, signed(Encoding.ZERO_R_ZERO_S));
        seen(Mutant.RANGE_UNCHECKED, Kind.SIGNATURE_RANGE, signed(Encoding.R_PLUS_N));

        seen(
                Mutant.FIRST_HEADER_WINS,
                Kind.HEADER_REPEATED,
                post("/v1/events").with(ObviousRequests.NONCE, "f81d4fae-7dec-41d0-a765-00a0c91e6bf7"));
        seen(Mutant.JOINED_TAKEN, Kind.HEADER_JOINED, post("/v1/events").version("1,1"));
        seen(
                Mutant.NAMES_BY_UNICODE,
                Kind.HEADER_MISSING,
                post("/v1/events").renaming(ObviousRequests.SIGNATURE, "X-\u00C5\u00BFynheart-Signature"));
        seen(
                Mutant.NAMES_WITH_UNDERSCORES,
                Kind.HEADER_NAME,
                post("/v1/events").renaming(ObviousRequests.APP_ID, "X_App_ID"));
        seen(
                Mutant.SPACE_REMOVED,
                Kind.HEADER_SPACE,
                post("/v1/events").nonce("f81d4fae-7dec-41d0- a765-00a0c91e6bf6"));
        seen(Mutant.VERSION_IGNORED, Kind.VERSION, post("/v1/events").version("2"));
        seen(Mutant.TIMESTAMP_LAX, Kind.TIMESTAMP_FORM, post("/v1/events").timestamp("+" + NOW));
        seen(
                Mutant.NONCE_ANY_VERSION,
                Kind.NONCE_VERSION,
                post("/v1/events").nonce("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"));
        seen(Mutant.NONCE_LAX, Kind.NONCE_FORM, post("/v1/events").nonce("1-2-4003-8004-5"));
        seen(
                Mutant.IDS_OF_ANY_LENGTH,
                Kind.ID_FORM,
                post("/v1/events").registered("a".repeat(129), "6ba7b810-9dad-41d1-80b4-00c04fd430c8"));
        seen(
                Mutant.OPAQUE_ALWAYS,
                Kind.DEVICE_ID_NOT_UUID,
                post("/v1/events").registered("com.acme.app", OTHER_DEVICE));
        seen(
                Mutant.APP_LOWER_CASED,
                Kind.DEVICE_UNKNOWN,
                post("/v1/events")
                        .registered("com.acme.app", "6ba7b810-9dad-41d1-80b4-00c04fd430c8")
                        .appId("com.Acme.App"));
        seen(
                Mutant.OPAQUE_LOWER_CASED,
                Kind.DEVICE_UNKNOWN,
                post("/v1/events")
                        .setting("deviceIds", "opaque")
                        .registered("com.acme.app", OTHER_DEVICE)
                        .deviceId("Device-123"));

        seen(Mutant.ANY_TARGET_BYTES, Kind.TARGET_CHARACTERS, post("/v1/caf\u00E9"));
        seen(
                Mutant.EMPTY_QUERY_IGNORED,
                Kind.QUERY_ON_WRITE,
                post("/v1/events?").setting("rejectQueryOnWrites", true));
        seen(Mutant.BODY_UNLIMITED, Kind.BODY_TOO_LONG, post("/v1/events").setting("maxBodyBytes", 3));

        seen(Mutant.WINDOW_ONE_MORE, Kind.CLOCK, post("/v1/events").timestamp("" + (NOW - 301)));
        seen(Mutant.WINDOW_IN_MILLISECONDS, Kind.TIME_ZONE, post("/v1/events").timestamp("" + (NOW - 7201)));
        seen(Mutant.FUTURE_UNLIMITED, Kind.CLOCK, post("/v1/events").timestamp("" + (NOW + 100_000)));
        seen(
                Mutant.FRESH_ONCE,
                Kind.SLOW_BODY,
                post("/v1/events").timestamp("" + (NOW - 290)).finishedAt(NOW + 20));
        seen(
                Mutant.FRESH_AT_THE_END,
                Kind.CLOCK,
                post("/v1/events").timestamp("" + (NOW + 310)).finishedAt(NOW + 20));

        seen(Mutant.RETIRED_SIGNS, Kind.KEY_REPLACED, post("/v1/events").key("retired", null));
        seen(Mutant.PREVIOUS_FOREVER, Kind.KEY_REPLACED, post("/v1/events").key("previous", NOW - 1));
        seen(Mutant.PROVISIONAL_FOREVER, Kind.KEY_REPLACED, post("/v1/events").key("provisional", NOW - 1));
        seen(
                Mutant.KEYS_AT_THE_HEAD,
                Kind.KEY_REPLACED,
                post("/v1/events").key("previous", NOW + 5).finishedAt(NOW + 6));
        seen(Mutant.INVALIDATED_SIGNS, Kind.KEY_INVALIDATED, post("/v1/events").key("invalidated", NOW + 9));
        seen(Mutant.STATUS_IGNORED, Kind.DEVICE_REVOKED, post("/v1/events").status("revoked"));

        unseen(
                "it refuses what is right, which the library accepts",
                Mutant.HIGH_S_REFUSED,
                Mutant.DIGEST_LIMITED,
                Mutant.DIGEST_SIGNED,
                Mutant.NO_DOUBLING,
                Mutant.NAMES_BY_CASE,
                Mutant.NAMES_BY_LOCALE,
                Mutant.DEVICE_VERSION_4,
                Mutant.DEVICE_BY_CASE,
                Mutant.ORIGIN_FORM_ONLY,
                Mutant.BODY_LIMIT_OFF_BY_ONE,
                Mutant.WINDOW_OPEN,
                Mutant.FIRST_KEY_ONLY,
                Mutant.END_OFF_BY_ONE,
                Mutant.SWITCHES_AT_ONCE,
                Mutant.X_NOT_WRAPPED,
                Mutant.KEY_PARITY_IGNORED);
        unseen("it takes what no client signs: forged numbers, for which there is no key", Mutant.INFINITY_ACCEPTED);
        unseen(
                "it is in reading a key that is registered; no request holds one",
                Mutant.KEY_OFF_CURVE,
                Mutant.SPKI_SUFFIX,
                Mutant.PEM_ANY_LABEL,
                Mutant.JWK_CURVE_UNCHECKED,
                Mutant.JWK_COORDINATES_LAX);
        unseen(
                "it is in the order of a server's checks, so in which of two faults it names",
                Mutant.VERSION_LAST,
                Mutant.FRESH_BEFORE_TARGET,
                Mutant.SKEW_BEFORE_SIGNATURE,
                Mutant.QUOTA_BEFORE_REPLAY);
        unseen(
                "it is in what a server remembers of other requests: one request does not show it",
                Mutant.NONCE_BY_CASE,
                Mutant.CLAIM_BEFORE_VERIFY,
                Mutant.LOSER_LEAVES_TOKENS,
                Mutant.CHECK_THEN_STORE,
                Mutant.NO_SECOND_TOKEN,
                Mutant.TOKEN_FROM_TEXT,
                Mutant.NONCE_WITHOUT_DEVICE,
                Mutant.NONCE_OF_HEADER_TEXT,
                Mutant.NONCE_OF_KEY,
                Mutant.IDS_RUN_TOGETHER,
                Mutant.LIFETIME_FROM_NOW,
                Mutant.LIFETIME_FROM_TIMESTAMP,
                Mutant.LIFETIME_OF_DOCUMENT,
                Mutant.READS_UNPROTECTED,
                Mutant.WRITES_LISTED,
                Mutant.MAKES_ROOM,
                Mutant.ONE_QUOTA,
                Mutant.NEVER_CONFIRMED,
                Mutant.CONFIRMED_TOO_EARLY);
        unseen(
                "it is in what a server's store knows or answers; the request is right",
                Mutant.RESTART_FORGETS,
                Mutant.WATCHING_OFF_BY_ONE,
                Mutant.RESTART_IS_SKEW,
                Mutant.STORE_DOWN_IS_401,
                Mutant.FAIL_OPEN);
        unseen("it is in how many checks a server makes for one request", Mutant.CHECKS_UNLIMITED);
        unseen(
                "it is in the answer to a request, not in the request",
                Mutant.INVALIDATED_TOLD,
                Mutant.STATUS_TOLD,
                Mutant.UNKNOWN_TOLD,
                Mutant.REVOKED_IS_403,
                Mutant.SERVER_TIME_ALWAYS,
                Mutant.SERVER_TIME_NEVER,
                Mutant.NO_CHALLENGE,
                Mutant.NO_RETRY_AFTER,
                Mutant.NUMBERS_AS_TEXT,
                Mutant.ERROR_IS_TEXT,
                Mutant.CLOCK_WITHOUT_WORDS);
    }

    private static Draft signed(Encoding encoding) {
        return post("/v1/events").encoding(encoding);
    }

    private final List<Explanation> explanations = new ArrayList<>();

    static Set<Mutant> seen() {
        return SEEN.keySet();
    }

    @Test
    void everyMutantIsInOneOfTheLists() {
        Set<Mutant> both = EnumSet.copyOf(SEEN.keySet());
        both.retainAll(UNSEEN.keySet());
        assertEquals(Set.of(), both, "in both");
        Set<Mutant> neither = EnumSet.allOf(Mutant.class);
        neither.removeAll(SEEN.keySet());
        neither.removeAll(UNSEEN.keySet());
        assertEquals(Set.of(), neither, "in neither");
    }

    @ParameterizedTest
    @MethodSource("seen")
    void theExplanationNamesTheMistake(Mutant mutant) {
        Mistake mistake = SEEN.getOrDefault(mutant, new Mistake(Kind.INTERNAL, post("/")));
        Harness wrong = mutant.harness();
        ObjectNode request = mistake.draft().signedBy(wrong);
        wrong.answer("reset", mistake.draft().reset());
        assertEquals(
                "accepted",
                wrong.answer("verify", request).path("verdict").asText(),
                () -> "its own verdict: " + mutant.mistake);
        Explanation explanation = explained(mistake.draft(), request);
        LikelyCause first = explanation.likelyCauses().get(0);
        assertEquals(mistake.kind(), first.kind(), explanation::text);
        assertTrue(first.isShown() || first.kind() == Kind.TIME_ZONE, explanation::text);
        assertTrue(explanation.text().matches("[ -~\n]+"), explanation::text);
    }

    /** The right signer's request is accepted by both: it is the mistake that makes the difference. */
    @ParameterizedTest
    @MethodSource("signers")
    void signedRightlyItPasses(Mutant mutant) {
        Draft draft =
                SEEN.getOrDefault(mutant, new Mistake(Kind.INTERNAL, post("/"))).draft();
        ObjectNode request = draft.signedBy(new ObviousHarness());
        try (LibraryHarness library = library()) {
            library.answer("reset", draft.reset());
            assertEquals(
                    "accepted",
                    library.answer("verify", request).path("verdict").asText(),
                    request::toString);
            assertEquals(List.of(), explanations);
        }
    }

    static Set<Mutant> signers() {
        Set<Mutant> signers = EnumSet.range(Mutant.DOUBLE_HASH, Mutant.INGEST_NEVER);
        signers.remove(Mutant.METHOD_UPPER_CASED); // sent wrongly, not signed wrongly
        return signers;
    }

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"DER", "SWAPPED", "NEXT_R", "NEXT_S"})
    void theFormOfASignatureIsNamed(Encoding encoding) {
        Draft draft = signed(encoding);
        Explanation explanation = explained(draft, draft.signedBy(new ObviousHarness()));
        LikelyCause first = explanation.likelyCauses().get(0);
        assertTrue(first.kind().name().startsWith("SIGNATURE_") && first.isShown(), explanation::text);
        String signature = encoding == Encoding.RAW ? "SIGNATURE_RAW" : encoding == Encoding.HEX ? "SIGNATURE_HEX" : "";
        assertTrue(first.kind().name().startsWith(signature), explanation::text);
    }

    private Explanation explained(Draft draft, ObjectNode request) {
        try (LibraryHarness library = library()) {
            library.answer("reset", draft.resetOfLibrary());
            ObjectNode answer = library.answer("verify", request);
            assertEquals("rejected", answer.path("verdict").asText(), request::toString);
            assertEquals(1, explanations.size());
            assertEquals(
                    answer.path("reason").asText(), explanations.get(0).reason().name());
            return explanations.get(0);
        }
    }

    private LibraryHarness library() {
        return new LibraryHarness(
                Engines.named("bouncycastle"),
                builder -> builder.explainRejections(new ExplanationListener() {
                    @Override
                    public void onTurnedOn(String warning) {}

                    @Override
                    public void onRejection(Explanation explanation) {
                        explanations.add(explanation);
                    }
                }));
    }
}
