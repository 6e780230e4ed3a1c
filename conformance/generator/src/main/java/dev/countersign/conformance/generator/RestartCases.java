package dev.countersign.conformance.generator;

import static dev.countersign.conformance.generator.Expect.accepted;
import static dev.countersign.conformance.generator.Expect.rejected;

import dev.countersign.conformance.signing.DeviceTemplate;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Role;
import java.util.List;

/** A nonce store says since when it vouches. A reset is a restart: everything is forgotten. */
final class RestartCases {
    private static final Draft FIRST = Draft.post("/v1/events");

    private final CaseBook book = new CaseBook("restart", "A nonce store that has forgotten", Role.VERIFIER);

    static Group group() {
        RestartCases cases = new RestartCases();
        cases.edges();
        cases.restarts();
        cases.waiting();
        cases.order();
        return cases.book.group();
    }

    private void edges() {
        Scenario since100 = Scenario.verifier(100, Settings.watchingSince(100), DeviceTemplate.active("a"));
        book.positive(
                "signed-after",
                Rules.RESTART,
                List.of(StateFlags.RESTARTED, StateFlags.AT_THE_EDGE),
                "Signed in the first second after the store began to watch: nobody can have accepted it before.",
                since100.verify(FIRST.dated(101).at(102), accepted()));
        book.negative(
                "signed-in-that-second",
                Rules.RESTART,
                List.of(StateFlags.RESTARTED, StateFlags.PAST_THE_EDGE),
                "signed-after",
                "The request is dated one second earlier.",
                "In that second the predecessor may have accepted it.",
                since100.verify(FIRST.dated(100).at(102), rejected(Reason.NOT_WATCHING_YET)));
        book.negative(
                "signed-before",
                Rules.RESTART,
                List.of(StateFlags.RESTARTED),
                "signed-after",
                "The request is dated before the store began to watch.",
                "503 and not 401: the client shall come back with a newer signature, not drop its data.",
                since100.verify(FIRST.dated(50).at(102), rejected(Reason.NOT_WATCHING_YET)));
        book.positive(
                "signed-ahead",
                Rules.RESTART,
                List.of(StateFlags.RESTARTED, StateFlags.DATED_AHEAD),
                "Dated ahead, after the restart. That the predecessor may have accepted it is a residue the deployment chose.",
                since100.verify(FIRST.dated(300).at(100), accepted()));
        book.positive(
                "always-watching",
                Rules.RESTART,
                List.of(Flags.ORDINARY),
                "A store without a predecessor vouches for everything.",
                Scenario.verifier().verify(FIRST.dated(-200), accepted()));
        book.negative(
                "just-started",
                Rules.RESTART,
                List.of(StateFlags.RESTARTED),
                "always-watching",
                "The store has been watching since now.",
                "The request is fresh, and older than the store's memory.",
                Scenario.verifier(Settings.watchingSince(0))
                        .verify(FIRST.dated(-200), rejected(Reason.NOT_WATCHING_YET)));
        book.positive(
                "started-long-ago",
                Rules.RESTART,
                List.of(StateFlags.RESTARTED, StateFlags.LONG_AFTER),
                "A store that started a window ago vouches for all that is fresh.",
                Scenario.verifier(Settings.watchingSince(-301)).verify(FIRST.dated(-300), accepted()));
        book.negative(
                "started-a-window-ago",
                Rules.RESTART,
                List.of(StateFlags.RESTARTED, StateFlags.PAST_THE_EDGE),
                "started-long-ago",
                "The store started one second later.",
                "The oldest fresh second is the one in which it started.",
                Scenario.verifier(Settings.watchingSince(-300))
                        .verify(FIRST.dated(-300), rejected(Reason.NOT_WATCHING_YET)));
    }

    private void restarts() {
        Scenario before = Scenario.verifier().verify(FIRST, accepted());
        DeviceTemplate device = DeviceTemplate.active("a");
        Scenario restarted = before.reset(10, Settings.watchingSince(10), device);
        book.positive(
                "new-request-after-a-restart",
                Rules.RESTART,
                List.of(StateFlags.RESTARTED),
                "The server restarts, and the device goes on a moment later.",
                restarted.verify(FIRST.nonce("2").dated(11).at(11), accepted()));
        book.negative(
                "copy-after-a-restart",
                Rules.RESTART,
                List.of(StateFlags.RESTARTED, StateFlags.SAME_REQUEST),
                "copy-of-nothing",
                "The request was accepted before the restart.",
                "The store has forgotten it, and knows that it may have: the copy is not accepted.",
                restarted.verify(FIRST.at(11), rejected(Reason.NOT_WATCHING_YET)));
        book.positive(
                "copy-of-nothing",
                Rules.RESTART,
                List.of(StateFlags.RESTARTED),
                "Signed before the restart and never accepted. The store cannot know that; the client comes back.",
                Scenario.verifier()
                        .reset(10, Settings.watchingSince(10), device)
                        .verify(FIRST.at(11), rejected(Reason.NOT_WATCHING_YET)));
        book.positive(
                "client-comes-back",
                Rules.RESTART,
                List.of(StateFlags.RESTARTED, StateFlags.STORE_RECOVERS),
                "Answered with 503, signed again and accepted.",
                restarted
                        .verify(FIRST.nonce("2").at(11), rejected(Reason.NOT_WATCHING_YET))
                        .verify(FIRST.nonce("2").dated(12).at(12), accepted()));
        book.negative(
                "client-sends-the-same-again",
                Rules.RESTART,
                List.of(StateFlags.RESTARTED, StateFlags.SAME_REQUEST),
                "client-comes-back",
                "The second attempt has the date of the first.",
                "Waiting does not help a request that was signed too early; signing it again does.",
                restarted
                        .verify(FIRST.nonce("2").at(11), rejected(Reason.NOT_WATCHING_YET))
                        .verify(FIRST.nonce("2").at(12), rejected(Reason.NOT_WATCHING_YET)));
        Scenario afterwards = restarted.verify(FIRST.dated(11).at(11), accepted());
        book.positive(
                "watches-again",
                Rules.RESTART,
                List.of(StateFlags.RESTARTED),
                "Two requests after the restart.",
                afterwards.verify(FIRST.nonce("2").dated(12).at(12), accepted()));
        book.negative(
                "watches-again-copy",
                Rules.RESTART,
                List.of(StateFlags.RESTARTED, StateFlags.SAME_NONCE),
                "watches-again",
                "The last request has the nonce of the one before.",
                "What was accepted since the restart is remembered.",
                afterwards.verify(FIRST.dated(12).at(12), rejected(Reason.NONCE_REPLAY)));
    }

    private void waiting() {
        Scenario strict = Scenario.verifier(Settings.watchingSince(300));
        book.positive(
                "strict-start-over",
                Rules.RESTART,
                List.of(StateFlags.RESTARTED, StateFlags.AT_THE_EDGE),
                "A store that waits a whole window before it vouches, and the first request that it takes.",
                strict.verify(FIRST.dated(301).at(301), accepted()));
        book.negative(
                "strict-start-not-over",
                Rules.RESTART,
                List.of(StateFlags.RESTARTED, StateFlags.PAST_THE_EDGE),
                "strict-start-over",
                "The request is dated one second earlier.",
                "The second up to which the store waits is not vouched for.",
                strict.verify(FIRST.dated(300).at(301), rejected(Reason.NOT_WATCHING_YET)));
        book.positive(
                "strict-start-dated-ahead",
                Rules.RESTART,
                List.of(StateFlags.RESTARTED, StateFlags.DATED_AHEAD, StateFlags.AT_THE_EDGE),
                "As far ahead as the window allows, which is later than what any predecessor can have accepted.",
                strict.verify(FIRST.dated(301).at(1), accepted()));
        book.negative(
                "strict-start-dated-less-ahead",
                Rules.RESTART,
                List.of(StateFlags.RESTARTED, StateFlags.DATED_AHEAD, StateFlags.PAST_THE_EDGE),
                "strict-start-dated-ahead",
                "The request is dated one second earlier.",
                "The predecessor may have accepted this one, dated ahead.",
                strict.verify(FIRST.dated(300).at(1), rejected(Reason.NOT_WATCHING_YET)));
    }

    private void order() {
        Scenario since100 = Scenario.verifier(100, Settings.watchingSince(100), DeviceTemplate.active("a"));
        book.positive(
                "stale-before-not-watching",
                Rules.END_ORDER,
                List.of(StateFlags.RESTARTED, StateFlags.SEVERAL_FAULTS),
                "Stale, and from before the restart: the clock is judged first.",
                since100.verify(FIRST.at(301), rejected(Reason.CLOCK_SKEW)));
        book.negative(
                "not-watching-alone",
                Rules.END_ORDER,
                List.of(StateFlags.RESTARTED),
                "stale-before-not-watching",
                "It arrives one second earlier.",
                "Fresh, so that the store is asked.",
                since100.verify(FIRST.at(300), rejected(Reason.NOT_WATCHING_YET)));
        book.positive(
                "bad-signature-before-not-watching",
                Rules.END_ORDER,
                List.of(StateFlags.RESTARTED, StateFlags.BAD_SIGNATURE, StateFlags.SEVERAL_FAULTS),
                "Badly signed, and from before the restart: nobody is told about the store without a valid signature.",
                since100.verify(FIRST.key("x").at(102), rejected(Reason.INVALID_SIGNATURE)));
        book.negative(
                "not-watching-well-signed",
                Rules.END_ORDER,
                List.of(StateFlags.RESTARTED),
                "bad-signature-before-not-watching",
                "The signature is good.",
                "The claim is tried, and the store cannot vouch.",
                since100.verify(FIRST.at(102), rejected(Reason.NOT_WATCHING_YET)));
        Scenario known = since100.verify(FIRST.dated(101).at(102), accepted());
        book.positive(
                "replay-before-not-watching",
                Rules.END_ORDER,
                List.of(StateFlags.RESTARTED, StateFlags.SAME_NONCE, StateFlags.SEVERAL_FAULTS),
                "Signed before the restart, under a nonce that was used since: a replay that is certain is told as one.",
                known.verify(FIRST.dated(50).at(102), rejected(Reason.NONCE_REPLAY)));
        book.negative(
                "not-watching-under-a-fresh-nonce",
                Rules.END_ORDER,
                List.of(StateFlags.RESTARTED),
                "replay-before-not-watching",
                "The last request has a fresh nonce.",
                "No replay that the store knows of, and it may have been one that it forgot.",
                known.verify(FIRST.nonce("2").dated(50).at(102), rejected(Reason.NOT_WATCHING_YET)));
        Scenario full = Scenario.verifier(
                        100, Settings.both(Settings.quota(1), Settings.watchingSince(100)), DeviceTemplate.active("a"))
                .verify(FIRST.dated(101).at(102), accepted());
        book.positive(
                "not-watching-before-quota",
                Rules.END_ORDER,
                List.of(StateFlags.RESTARTED, StateFlags.QUOTA_USED_UP, StateFlags.SEVERAL_FAULTS),
                "Signed before the restart, by a device whose quota is used up. Both are 503.",
                full.verify(FIRST.nonce("2").attempt(1).dated(50).at(102), rejected(Reason.NOT_WATCHING_YET)));
        book.negative(
                "quota-alone",
                Rules.END_ORDER,
                List.of(StateFlags.QUOTA_USED_UP),
                "not-watching-before-quota",
                "The last request is dated after the restart.",
                "The store vouches for it, and has no room.",
                full.verify(FIRST.nonce("2").attempt(1).dated(101).at(102), rejected(Reason.STORE_FULL)));
        book.positive(
                "unprotected-read-after-a-restart",
                Rules.RESTART,
                List.of(StateFlags.RESTARTED, StateFlags.READ_METHOD, StateFlags.WRITES_ONLY),
                "Where only writes are claimed, a read needs nobody to vouch for it.",
                Scenario.verifier(Settings.both(Settings.watchingSince(0), Settings.writesOnly()))
                        .verify(Draft.get("/v1/state").dated(-5), accepted()));
        book.negative(
                "protected-read-after-a-restart",
                Rules.RESTART,
                List.of(StateFlags.RESTARTED, StateFlags.READ_METHOD),
                "unprotected-read-after-a-restart",
                "Every method is protected.",
                "A protected read is claimed like a write.",
                Scenario.verifier(Settings.watchingSince(0))
                        .verify(Draft.get("/v1/state").dated(-5), rejected(Reason.NOT_WATCHING_YET)));
    }
}
