package dev.countersign.conformance.generator;

import static dev.countersign.conformance.generator.Draft.FIRST;
import static dev.countersign.conformance.generator.Expect.accepted;
import static dev.countersign.conformance.generator.Expect.rejected;

import dev.countersign.conformance.signing.DeviceTemplate;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Role;

/** A nonce store says since when it is watching. A reset is a restart: everything is forgotten. */
final class RestartCases {
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
        book.positive("signed-after")
                .rule(Rules.RESTART)
                .flags(StateFlags.RESTARTED, StateFlags.AT_THE_EDGE)
                .comment(
                        "Signed in the first second after the store began to watch: nobody can have accepted it before.")
                .steps(since100.verify(FIRST.dated(101).at(102), accepted()));
        book.negative("signed-in-that-second")
                .rule(Rules.RESTART)
                .flags(StateFlags.RESTARTED, StateFlags.PAST_THE_EDGE)
                .from("signed-after")
                .difference("The request is dated one second earlier.")
                .comment("In that second the store before it may have accepted it.")
                .steps(since100.verify(FIRST.dated(100).at(102), rejected(Reason.NOT_WATCHING_YET)));
        book.negative("signed-before")
                .rule(Rules.RESTART)
                .flags(StateFlags.RESTARTED)
                .from("signed-after")
                .difference("The request is dated before the store began to watch.")
                .comment("503 and not 401: the client is to come back with a newer signature, not drop its data.")
                .steps(since100.verify(FIRST.dated(50).at(102), rejected(Reason.NOT_WATCHING_YET)));
        book.positive("signed-ahead")
                .rule(Rules.RESTART)
                .flags(StateFlags.RESTARTED, StateFlags.DATED_AHEAD)
                .comment(
                        "Dated ahead, after the restart. That the store before it may have accepted it is a residue the deployment chose.")
                .steps(since100.verify(FIRST.dated(300).at(100), accepted()));
        book.positive("always-watching")
                .rule(Rules.RESTART)
                .flags(Flags.ORDINARY)
                .comment("A store that is always watching takes every timestamp.")
                .accepts(FIRST.dated(-200));
        book.negative("just-started")
                .rule(Rules.RESTART)
                .flags(StateFlags.RESTARTED)
                .from("always-watching")
                .difference("The store has been watching since now.")
                .comment("The request is fresh, and older than the store's memory.")
                .steps(Scenario.verifier(Settings.watchingSince(0))
                        .verify(FIRST.dated(-200), rejected(Reason.NOT_WATCHING_YET)));
        book.positive("started-long-ago")
                .rule(Rules.RESTART)
                .flags(StateFlags.RESTARTED, StateFlags.LONG_AFTER)
                .comment("A store that has been watching for a window takes all that is fresh.")
                .steps(Scenario.verifier(Settings.watchingSince(-301)).verify(FIRST.dated(-300), accepted()));
        book.negative("started-a-window-ago")
                .rule(Rules.RESTART)
                .flags(StateFlags.RESTARTED, StateFlags.PAST_THE_EDGE)
                .from("started-long-ago")
                .difference("The store started one second later.")
                .comment("The oldest fresh second is the one in which it started.")
                .steps(Scenario.verifier(Settings.watchingSince(-300))
                        .verify(FIRST.dated(-300), rejected(Reason.NOT_WATCHING_YET)));
    }

    private void restarts() {
        Scenario before = Scenario.verifier().verify(FIRST, accepted());
        DeviceTemplate device = DeviceTemplate.active("a");
        Scenario restarted = before.reset(10, Settings.watchingSince(10), device);
        book.positive("new-request-after-a-restart")
                .rule(Rules.RESTART)
                .flags(StateFlags.RESTARTED)
                .comment("The server restarts, and the device goes on a moment later.")
                .steps(restarted.verify(FIRST.nonce("2").dated(11).at(11), accepted()));
        book.negative("copy-after-a-restart")
                .rule(Rules.RESTART)
                .flags(StateFlags.RESTARTED, StateFlags.SAME_REQUEST)
                .from("copy-of-nothing")
                .difference("The request was accepted before the restart.")
                .comment("The store has forgotten it, and knows that it may have: the copy is not accepted.")
                .steps(restarted.verify(FIRST.at(11), rejected(Reason.NOT_WATCHING_YET)));
        book.positive("copy-of-nothing")
                .rule(Rules.RESTART)
                .flags(StateFlags.RESTARTED)
                .comment(
                        "Signed before the restart and never accepted. The store cannot know that; the client comes back.")
                .steps(Scenario.verifier()
                        .reset(10, Settings.watchingSince(10), device)
                        .verify(FIRST.at(11), rejected(Reason.NOT_WATCHING_YET)));
        book.positive("client-comes-back")
                .rule(Rules.RESTART)
                .flags(StateFlags.RESTARTED, StateFlags.STORE_RECOVERS)
                .comment("Answered with 503, signed again and accepted.")
                .steps(restarted
                        .verify(FIRST.nonce("2").at(11), rejected(Reason.NOT_WATCHING_YET))
                        .verify(FIRST.nonce("2").dated(12).at(12), accepted()));
        book.negative("client-sends-the-same-again")
                .rule(Rules.RESTART)
                .flags(StateFlags.RESTARTED, StateFlags.SAME_REQUEST)
                .from("client-comes-back")
                .difference("The second attempt has the date of the first.")
                .comment("Waiting does not help a request that was signed too early; signing it again does.")
                .steps(restarted
                        .verify(FIRST.nonce("2").at(11), rejected(Reason.NOT_WATCHING_YET))
                        .verify(FIRST.nonce("2").at(12), rejected(Reason.NOT_WATCHING_YET)));
        Scenario afterwards = restarted.verify(FIRST.dated(11).at(11), accepted());
        book.positive("watches-again")
                .rule(Rules.RESTART)
                .flags(StateFlags.RESTARTED)
                .comment("Two requests after the restart.")
                .steps(afterwards.verify(FIRST.nonce("2").dated(12).at(12), accepted()));
        book.negative("watches-again-copy")
                .rule(Rules.RESTART)
                .flags(StateFlags.RESTARTED, StateFlags.SAME_NONCE)
                .from("watches-again")
                .difference("The last request has the nonce of the one before.")
                .comment("What was accepted since the restart is remembered.")
                .steps(afterwards.verify(FIRST.dated(12).at(12), rejected(Reason.NONCE_REPLAY)));
    }

    private void waiting() {
        Scenario strict = Scenario.verifier(Settings.watchingSince(300));
        book.positive("strict-start-over")
                .rule(Rules.RESTART)
                .flags(StateFlags.RESTARTED, StateFlags.AT_THE_EDGE)
                .comment(
                        "A store that waits a whole window before it is watching, and the first request that it takes.")
                .steps(strict.verify(FIRST.dated(301).at(301), accepted()));
        book.negative("strict-start-not-over")
                .rule(Rules.RESTART)
                .flags(StateFlags.RESTARTED, StateFlags.PAST_THE_EDGE)
                .from("strict-start-over")
                .difference("The request is dated one second earlier.")
                .comment("The store is not watching yet in the second up to which it waits.")
                .steps(strict.verify(FIRST.dated(300).at(301), rejected(Reason.NOT_WATCHING_YET)));
        book.positive("strict-start-dated-ahead")
                .rule(Rules.RESTART)
                .flags(StateFlags.RESTARTED, StateFlags.DATED_AHEAD, StateFlags.AT_THE_EDGE)
                .comment(
                        "As far ahead as the window allows, which is later than what any store before it can have accepted.")
                .steps(strict.verify(FIRST.dated(301).at(1), accepted()));
        book.negative("strict-start-dated-less-ahead")
                .rule(Rules.RESTART)
                .flags(StateFlags.RESTARTED, StateFlags.DATED_AHEAD, StateFlags.PAST_THE_EDGE)
                .from("strict-start-dated-ahead")
                .difference("The request is dated one second earlier.")
                .comment("The store before it may have accepted this one, dated ahead.")
                .steps(strict.verify(FIRST.dated(300).at(1), rejected(Reason.NOT_WATCHING_YET)));
    }

    private void order() {
        Scenario since100 = Scenario.verifier(100, Settings.watchingSince(100), DeviceTemplate.active("a"));
        book.positive("stale-before-not-watching")
                .rule(Rules.END_ORDER)
                .flags(StateFlags.RESTARTED, StateFlags.SEVERAL_FAULTS)
                .comment("Stale, and from before the restart: the clock is judged first.")
                .steps(since100.verify(FIRST.at(301), rejected(Reason.CLOCK_SKEW)));
        book.negative("not-watching-alone")
                .rule(Rules.END_ORDER)
                .flags(StateFlags.RESTARTED)
                .from("stale-before-not-watching")
                .difference("It arrives one second earlier.")
                .comment("Fresh, so that the store is asked.")
                .steps(since100.verify(FIRST.at(300), rejected(Reason.NOT_WATCHING_YET)));
        book.positive("bad-signature-before-not-watching")
                .rule(Rules.END_ORDER)
                .flags(StateFlags.RESTARTED, StateFlags.BAD_SIGNATURE, StateFlags.SEVERAL_FAULTS)
                .comment(
                        "Badly signed, and from before the restart: without a valid signature no answer names the store.")
                .steps(since100.verify(FIRST.key("x").at(102), rejected(Reason.INVALID_SIGNATURE)));
        book.negative("not-watching-well-signed")
                .rule(Rules.END_ORDER)
                .flags(StateFlags.RESTARTED)
                .from("bad-signature-before-not-watching")
                .difference("The signature is good.")
                .comment("The claim is tried, and the store was not watching yet.")
                .steps(since100.verify(FIRST.at(102), rejected(Reason.NOT_WATCHING_YET)));
        Scenario known = since100.verify(FIRST.dated(101).at(102), accepted());
        book.positive("replay-before-not-watching")
                .rule(Rules.END_ORDER)
                .flags(StateFlags.RESTARTED, StateFlags.SAME_NONCE, StateFlags.SEVERAL_FAULTS)
                .comment(
                        "Signed before the restart, under a nonce that was used since: a replay that is certain is answered as one.")
                .steps(known.verify(FIRST.dated(50).at(102), rejected(Reason.NONCE_REPLAY)));
        book.negative("not-watching-under-a-fresh-nonce")
                .rule(Rules.END_ORDER)
                .flags(StateFlags.RESTARTED)
                .from("replay-before-not-watching")
                .difference("The last request has a fresh nonce.")
                .comment("No replay that the store knows of, and it may have been one that it forgot.")
                .steps(known.verify(FIRST.nonce("2").dated(50).at(102), rejected(Reason.NOT_WATCHING_YET)));
        Scenario full = Scenario.verifier(
                        100, Settings.both(Settings.quota(1), Settings.watchingSince(100)), DeviceTemplate.active("a"))
                .verify(FIRST.dated(101).at(102), accepted());
        book.positive("not-watching-before-quota")
                .rule(Rules.END_ORDER)
                .flags(StateFlags.RESTARTED, StateFlags.QUOTA_USED_UP, StateFlags.SEVERAL_FAULTS)
                .comment("Signed before the restart, by a device whose quota is used up. Both are 503.")
                .steps(full.verify(FIRST.nonce("2").attempt(1).dated(50).at(102), rejected(Reason.NOT_WATCHING_YET)));
        book.negative("quota-alone")
                .rule(Rules.END_ORDER)
                .flags(StateFlags.QUOTA_USED_UP)
                .from("not-watching-before-quota")
                .difference("The last request is dated after the restart.")
                .comment("The store was watching by then, and has no room.")
                .steps(full.verify(FIRST.nonce("2").attempt(1).dated(101).at(102), rejected(Reason.STORE_FULL)));
        book.positive("unprotected-read-after-a-restart")
                .rule(Rules.RESTART)
                .flags(StateFlags.RESTARTED, StateFlags.READ_METHOD, StateFlags.WRITES_ONLY)
                .comment("Where only writes are claimed, a read needs no store that is watching.")
                .steps(Scenario.verifier(Settings.both(Settings.watchingSince(0), Settings.writesOnly()))
                        .verify(Draft.get("/v1/state").dated(-5), accepted()));
        book.negative("protected-read-after-a-restart")
                .rule(Rules.RESTART)
                .flags(StateFlags.RESTARTED, StateFlags.READ_METHOD)
                .from("unprotected-read-after-a-restart")
                .difference("Every method is protected.")
                .comment("A protected read is claimed like a write.")
                .steps(Scenario.verifier(Settings.watchingSince(0))
                        .verify(Draft.get("/v1/state").dated(-5), rejected(Reason.NOT_WATCHING_YET)));
    }
}
