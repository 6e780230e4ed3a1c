package dev.countersign.conformance.generator;

import static dev.countersign.conformance.generator.Draft.FIRST;
import static dev.countersign.conformance.generator.Expect.accepted;
import static dev.countersign.conformance.generator.Expect.rejected;

import dev.countersign.conformance.signing.Body;
import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Role;
import java.util.List;

/** How long a body may be, and bodies that do not fit into one buffer. */
final class BodyLimitCases {
    private static final Draft SEVEN_BYTES = FIRST.body(Body.text("seven.."));
    private static final Draft EIGHT_BYTES = FIRST.body(Body.text("eight..."));
    private static final int LARGE = 300_000;

    private final CaseBook book = new CaseBook("body-limit", "Long bodies and the longest", Role.VERIFIER);
    private final FaultOrder order = new FaultOrder(book, Rules.BODY_LIMIT, List.of(StateFlags.BODY_LIMIT));

    static Group group() {
        BodyLimitCases cases = new BodyLimitCases();
        cases.limits();
        cases.largeBodies();
        cases.order();
        return cases.book.group();
    }

    private static Draft repeated(String hex, int count) {
        return FIRST.body(new Body(hex, count));
    }

    private void limits() {
        List<Flag> edge = List.of(StateFlags.BODY_LIMIT, StateFlags.AT_THE_EDGE);
        List<Flag> past = List.of(StateFlags.BODY_LIMIT, StateFlags.PAST_THE_EDGE);
        Scenario seven = Scenario.verifier(Settings.longestBody(7));
        book.positive("exactly-the-limit")
                .rule(Rules.BODY_LIMIT)
                .flags(edge)
                .comment("As long as the limit allows.")
                .steps(seven.verify(SEVEN_BYTES, accepted()));
        book.negative("one-byte-more")
                .rule(Rules.BODY_LIMIT)
                .flags(past)
                .from("exactly-the-limit")
                .difference("The body is one byte longer.")
                .comment("Validly signed and too long. 413: sending it again will not help.")
                .steps(seven.verify(EIGHT_BYTES, rejected(Reason.BODY_TOO_LARGE)));
        book.negative("limit-one-less")
                .rule(Rules.BODY_LIMIT)
                .flags(past)
                .from("exactly-the-limit")
                .difference("The limit is one byte less.")
                .comment("The setting counts.")
                .steps(Scenario.verifier(Settings.longestBody(6)).verify(SEVEN_BYTES, rejected(Reason.BODY_TOO_LARGE)));
        book.positive("no-limit-set")
                .rule(Rules.BODY_LIMIT)
                .flags(Flags.ORDINARY)
                .comment("No limit is set that this body could meet.")
                .accepts(EIGHT_BYTES);
        Scenario none = Scenario.verifier(Settings.longestBody(0));
        book.positive("no-body-under-a-limit-of-zero")
                .rule(Rules.BODY_LIMIT)
                .flags(edge)
                .comment("A body without bytes is within every limit.")
                .steps(none.verify(FIRST.body(Body.EMPTY), accepted()));
        book.negative("a-byte-under-a-limit-of-zero")
                .rule(Rules.BODY_LIMIT)
                .flags(past)
                .from("no-body-under-a-limit-of-zero")
                .difference("There is one byte.")
                .comment("Zero is a limit, not the lack of one.")
                .steps(none.verify(FIRST.body(Body.text("x")), rejected(Reason.BODY_TOO_LARGE)));
        Scenario characters = Scenario.verifier(Settings.longestBody(6));
        book.positive("six-bytes-of-text")
                .rule(Rules.BODY_LIMIT)
                .flags(edge)
                .comment("Three characters of two bytes each, and a limit of six.")
                .steps(characters.verify(FIRST.body(Body.text("äöü")), accepted()));
        book.negative("seven-bytes-of-text")
                .rule(Rules.BODY_LIMIT)
                .flags(past)
                .from("six-bytes-of-text")
                .difference("One character has three bytes.")
                .comment("Bytes count, not characters.")
                .steps(characters.verify(FIRST.body(Body.text("äö€")), rejected(Reason.BODY_TOO_LARGE)));
        Scenario large = Scenario.verifier(Settings.longestBody(LARGE));
        book.positive("exactly-a-large-limit")
                .rule(Rules.BODY_LIMIT)
                .flags(StateFlags.BODY_LIMIT, Flags.LARGE_BODY, StateFlags.AT_THE_EDGE)
                .comment("A body of 300 000 bytes, and a limit of as many.")
                .steps(large.verify(repeated("61", LARGE), accepted()));
        book.negative("a-large-limit-and-a-byte")
                .rule(Rules.BODY_LIMIT)
                .flags(StateFlags.BODY_LIMIT, Flags.LARGE_BODY, StateFlags.PAST_THE_EDGE)
                .from("exactly-a-large-limit")
                .difference("The body is one byte longer.")
                .comment("One byte too many, in whichever piece it comes.")
                .steps(large.verify(repeated("61", LARGE + 1), rejected(Reason.BODY_TOO_LARGE)));
        book.positive("next-request-after-a-large-one")
                .rule(Rules.BODY_LIMIT)
                .flags(StateFlags.BODY_LIMIT, StateFlags.NONCE_STAYS_FREE)
                .comment("A body that is too long is refused; the same nonce counts for a shorter one.")
                .steps(seven.verify(EIGHT_BYTES, rejected(Reason.BODY_TOO_LARGE))
                        .verify(SEVEN_BYTES, accepted()));
    }

    private void largeBodies() {
        for (int size : List.of(8192, 65_536, LARGE)) {
            book.positive("large-" + size)
                    .rule(Rules.MESSAGE_BODY)
                    .flags(Flags.LARGE_BODY)
                    .comment("A body of " + size + " bytes is hashed whole.")
                    .accepts(repeated("00", size));
            book.negative("large-" + size + "-and-a-byte")
                    .rule(Rules.MESSAGE_BODY)
                    .flags(Flags.LARGE_BODY, StateFlags.BAD_SIGNATURE)
                    .from("large-" + size)
                    .difference("The signature covers one byte more than the body has.")
                    .comment("Every byte counts, the last one, too.")
                    .rejects(repeated("00", size).signing("POST\n/v1/events\n{t}\n{body}\0"), Reason.INVALID_SIGNATURE);
        }
        book.positive("large-odd-pieces")
                .rule(Rules.MESSAGE_BODY)
                .flags(Flags.LARGE_BODY)
                .comment("A body of 45 000 times seven bytes, whose pieces end where no buffer does.")
                .accepts(repeated("7b226e223a317d", 45_000));
    }

    private void order() {
        Scenario seven = Scenario.verifier(Settings.longestBody(7));
        order.answered(
                        "large-body-before-bad-signature",
                        StateFlags.BAD_SIGNATURE,
                        "Too long and badly signed: the answer names the length, for nobody reads on to check a signature.",
                        seven.verify(EIGHT_BYTES.key("x"), rejected(Reason.BODY_TOO_LARGE)))
                .without(
                        "bad-signature-on-a-short-body",
                        "The body is one byte shorter.",
                        seven.verify(SEVEN_BYTES.key("x"), rejected(Reason.INVALID_SIGNATURE)));
        order.answered(
                        "large-body-before-unknown-device",
                        StateFlags.UNKNOWN_DEVICE,
                        "Too long, of a device that nobody knows: the same answer as for a known one.",
                        seven.verify(EIGHT_BYTES.device("b"), rejected(Reason.BODY_TOO_LARGE)))
                .without(
                        "unknown-device-with-a-short-body",
                        "The body is one byte shorter.",
                        seven.verify(SEVEN_BYTES.device("b"), rejected(Reason.UNKNOWN_DEVICE)));
        order.answered(
                        "stale-head-before-large-body",
                        StateFlags.PAST_THE_EDGE,
                        "Stale and too long: the head is judged before a byte of the body is read.",
                        seven.verify(EIGHT_BYTES.at(301), rejected(Reason.CLOCK_SKEW)))
                .without(
                        "large-body-after-a-fresh-head",
                        "It arrives one second earlier.",
                        seven.verify(EIGHT_BYTES.at(300), rejected(Reason.BODY_TOO_LARGE)));
        book.positive("missing-header-before-large-body")
                .rule(Rules.BODY_LIMIT)
                .flags(StateFlags.BODY_LIMIT, StateFlags.SEVERAL_FAULTS)
                .comment("A head that lacks a header is judged before a byte of the body is read.")
                .steps(seven.verify(EIGHT_BYTES.without(Draft.NONCE), rejected(Reason.MISSING_HEADER)));
        Scenario revoked = Scenario.verifier(Settings.longestBody(7), Devices.revoked());
        order.answered(
                        "large-body-before-revoked",
                        StateFlags.REVOKED_DEVICE,
                        "Too long, of a revoked device: an answer names states after the signature only.",
                        revoked.verify(EIGHT_BYTES, rejected(Reason.BODY_TOO_LARGE)))
                .without(
                        "revoked-with-a-short-body",
                        "The body is one byte shorter.",
                        revoked.verify(SEVEN_BYTES, rejected(Reason.DEVICE_REVOKED)));
    }
}
