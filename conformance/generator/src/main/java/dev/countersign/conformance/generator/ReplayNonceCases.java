package dev.countersign.conformance.generator;

import static dev.countersign.conformance.generator.Draft.FIRST;
import static dev.countersign.conformance.generator.Draft.SECOND;
import static dev.countersign.conformance.generator.Expect.accepted;
import static dev.countersign.conformance.generator.Expect.rejected;
import static dev.countersign.conformance.generator.Scenario.ACCEPTED_ONCE;

import dev.countersign.conformance.signing.Body;
import dev.countersign.conformance.signing.DeviceTemplate;
import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Role;
import java.util.List;

/** One nonce of one device counts once, and which methods that covers. */
final class ReplayNonceCases {
    private final CaseBook book = new CaseBook("replay-nonces", "Nonces are used once", Role.VERIFIER);

    static Group group() {
        ReplayNonceCases cases = new ReplayNonceCases();
        cases.copies();
        cases.otherRequestsUnderTheNonce();
        cases.letterCase();
        cases.devices();
        cases.opaqueDevices();
        cases.methods();
        return cases.book.group();
    }

    private void copies() {
        book.positive("once")
                .rule(Rules.REPLAY_NONCE)
                .flags(Flags.ORDINARY)
                .comment("A request under a nonce that was never used.")
                .steps(ACCEPTED_ONCE);
        book.negative("same-request-again")
                .rule(Rules.REPLAY_NONCE)
                .flags(StateFlags.SAME_REQUEST)
                .from("once")
                .difference("The request is sent a second time.")
                .comment("The nonce was used: a request counts once, also when the network or a proxy repeats it.")
                .steps(ACCEPTED_ONCE.verify(FIRST, rejected(Reason.NONCE_REPLAY)));
        book.positive("two-requests")
                .rule(Rules.REPLAY_NONCE)
                .flags(Flags.ORDINARY)
                .comment("Two genuine requests with the same content, each with a nonce and a signature of its own.")
                .steps(ACCEPTED_ONCE.verify(SECOND, accepted()));
        book.negative("same-nonce")
                .rule(Rules.REPLAY_NONCE)
                .flags(StateFlags.SAME_NONCE)
                .from("two-requests")
                .difference("The second request has the first one's nonce.")
                .comment("The nonce is what counts, not whether the request is the same.")
                .steps(ACCEPTED_ONCE.verify(SECOND.nonce("1"), rejected(Reason.NONCE_REPLAY)));
        Scenario copied = ACCEPTED_ONCE.verify(FIRST, rejected(Reason.NONCE_REPLAY));
        book.positive("a-replay-locks-nobody-out")
                .rule(Rules.REPLAY_NONCE)
                .flags(StateFlags.SAME_REQUEST)
                .comment("After a replay was rejected, the device's next request is accepted.")
                .steps(copied.verify(SECOND, accepted()));
        book.negative("third-time")
                .rule(Rules.REPLAY_NONCE)
                .flags(StateFlags.SAME_REQUEST, StateFlags.SAME_NONCE)
                .from("a-replay-locks-nobody-out")
                .difference("The last request has the nonce of the first.")
                .comment("A rejected replay does not free the nonce.")
                .steps(copied.verify(SECOND.nonce("1"), rejected(Reason.NONCE_REPLAY)));
        book.positive("second-at-the-windows-end")
                .rule(Rules.REPLAY_NONCE)
                .flags(StateFlags.AT_THE_EDGE)
                .comment("Two genuine requests, the second at the very end of its window.")
                .steps(ACCEPTED_ONCE.verify(SECOND.at(300), accepted()));
    }

    private void otherRequestsUnderTheNonce() {
        underTheNonce("other-body", "another body", SECOND.body(Body.text("{\"n\":2}")));
        underTheNonce("other-path", "another path", SECOND.target("/v1/other"));
        underTheNonce("other-method", "another method", SECOND.method("PUT"));
        underTheNonce("later", "a later timestamp", SECOND.dated(7).at(7));
    }

    private void underTheNonce(String name, String what, Draft second) {
        book.positive(name)
                .rule(Rules.REPLAY_NONCE)
                .flags(Flags.ORDINARY)
                .comment("A second request, with " + what + ", under its own nonce.")
                .steps(ACCEPTED_ONCE.verify(second, accepted()));
        book.negative(name + "-same-nonce")
                .rule(Rules.REPLAY_NONCE)
                .flags(StateFlags.SAME_NONCE)
                .from(name)
                .difference("The second request has the first one's nonce.")
                .comment("A nonce is used up for the device, whatever the next request with it says.")
                .steps(ACCEPTED_ONCE.verify(second.nonce("1"), rejected(Reason.NONCE_REPLAY)));
    }

    private void letterCase() {
        String upperNonce = "{NONCE:1}";
        book.positive("nonce-in-upper-case")
                .rule(Rules.REPLAY_CASE)
                .flags(StateFlags.NONCE_CASE)
                .comment("Another nonce, in upper case as Swift writes it.")
                .steps(ACCEPTED_ONCE.verify(SECOND.with(Draft.NONCE, "{NONCE:2}"), accepted()));
        book.negative("nonce-lower-then-upper")
                .rule(Rules.REPLAY_CASE)
                .flags(StateFlags.NONCE_CASE, StateFlags.SAME_NONCE)
                .from("nonce-in-upper-case")
                .difference("The second nonce is the first one in upper case.")
                .comment("Either case is the same UUID.")
                .steps(ACCEPTED_ONCE.verify(SECOND.with(Draft.NONCE, upperNonce), rejected(Reason.NONCE_REPLAY)));
        Scenario upperFirst = Scenario.verifier().verify(FIRST.with(Draft.NONCE, upperNonce), accepted());
        book.positive("upper-case-nonce-first")
                .rule(Rules.REPLAY_CASE)
                .flags(StateFlags.NONCE_CASE)
                .comment("A nonce in upper case, then another in lower case.")
                .steps(upperFirst.verify(SECOND, accepted()));
        book.negative("nonce-upper-then-lower")
                .rule(Rules.REPLAY_CASE)
                .flags(StateFlags.NONCE_CASE, StateFlags.SAME_NONCE)
                .from("upper-case-nonce-first")
                .difference("The second nonce is the first one in lower case.")
                .comment("Either case is the same UUID.")
                .steps(upperFirst.verify(SECOND.nonce("1"), rejected(Reason.NONCE_REPLAY)));
        book.negative("copy-with-the-nonce-in-upper-case")
                .rule(Rules.REPLAY_CASE)
                .flags(StateFlags.NONCE_CASE, StateFlags.SAME_REQUEST)
                .from("once")
                .difference("The request is sent again with its nonce in upper case.")
                .comment("The nonce is not signed, so its spelling can be changed on the way; it stays the same nonce.")
                .steps(ACCEPTED_ONCE.verify(FIRST.with(Draft.NONCE, upperNonce), rejected(Reason.NONCE_REPLAY)));

        Draft upperDevice = SECOND.with(Draft.DEVICE_ID, "{DEVICE:a}");
        book.positive("device-in-upper-case")
                .rule(Rules.REPLAY_CASE)
                .flags(StateFlags.DEVICE_CASE)
                .comment("The same device in upper case, under another nonce.")
                .steps(ACCEPTED_ONCE.verify(upperDevice, accepted()));
        book.negative("device-lower-then-upper")
                .rule(Rules.REPLAY_CASE)
                .flags(StateFlags.DEVICE_CASE, StateFlags.SAME_NONCE)
                .from("device-in-upper-case")
                .difference("The second request has the first one's nonce.")
                .comment("Either case is the same device, so the nonce is used.")
                .steps(ACCEPTED_ONCE.verify(upperDevice.nonce("1"), rejected(Reason.NONCE_REPLAY)));
        book.negative("copy-with-the-device-in-upper-case")
                .rule(Rules.REPLAY_CASE)
                .flags(StateFlags.DEVICE_CASE, StateFlags.SAME_REQUEST)
                .from("once")
                .difference("The request is sent again with the device id in upper case.")
                .comment(
                        "The device id is not signed, so its spelling can be changed on the way; it stays the same device.")
                .steps(ACCEPTED_ONCE.verify(FIRST.with(Draft.DEVICE_ID, "{DEVICE:a}"), rejected(Reason.NONCE_REPLAY)));
        Scenario upperDeviceFirst = Scenario.verifier().verify(FIRST.with(Draft.DEVICE_ID, "{DEVICE:a}"), accepted());
        book.positive("upper-case-device-first")
                .rule(Rules.REPLAY_CASE)
                .flags(StateFlags.DEVICE_CASE)
                .comment("The device in upper case, then in lower case under another nonce.")
                .steps(upperDeviceFirst.verify(SECOND, accepted()));
        book.negative("device-upper-then-lower")
                .rule(Rules.REPLAY_CASE)
                .flags(StateFlags.DEVICE_CASE, StateFlags.SAME_NONCE)
                .from("upper-case-device-first")
                .difference("The second request has the first one's nonce.")
                .comment("Either case is the same device, so the nonce is used.")
                .steps(upperDeviceFirst.verify(SECOND.nonce("1"), rejected(Reason.NONCE_REPLAY)));
    }

    private void devices() {
        Scenario two = Scenario.verifier(DeviceTemplate.active("a"), DeviceTemplate.active("b"))
                .verify(FIRST, accepted());
        Draft sameApp = FIRST.with(Draft.DEVICE_ID, "{device:b}").key("b");
        Scenario oneApp = Scenario.verifier(
                        DeviceTemplate.active("a"), DeviceTemplate.active("b").withIds("{app:a}", "{device:b}"))
                .verify(FIRST, accepted());
        book.positive("nonce-of-another-device")
                .rule(Rules.REPLAY_IDENTITY)
                .flags(StateFlags.OTHER_DEVICE)
                .comment("Another device of the same app uses the same nonce. It has nonces of its own.")
                .steps(oneApp.verify(sameApp, accepted()));
        book.negative("copy-under-another-device")
                .rule(Rules.REPLAY_IDENTITY)
                .flags(StateFlags.OTHER_DEVICE, StateFlags.FOREIGN_KEY)
                .from("nonce-of-another-device")
                .difference("The second request carries the first device's signature.")
                .comment(
                        "Ids are not signed, but the key is looked up by them: under another device's id the signature is not valid.")
                .steps(oneApp.verify(sameApp.key("a"), rejected(Reason.INVALID_SIGNATURE)));
        Scenario twoApps = Scenario.verifier(
                        DeviceTemplate.active("a"), DeviceTemplate.active("b").withIds("{app:b}", "{device:a}"))
                .verify(FIRST, accepted());
        Draft otherApp = FIRST.with(Draft.APP_ID, "{app:b}").key("b");
        book.positive("nonce-of-another-app")
                .rule(Rules.REPLAY_IDENTITY)
                .flags(StateFlags.OTHER_DEVICE)
                .comment("Another app has a device of the same id, which uses the same nonce. It is another device.")
                .steps(twoApps.verify(otherApp, accepted()));
        book.negative("copy-under-another-app")
                .rule(Rules.REPLAY_IDENTITY)
                .flags(StateFlags.OTHER_DEVICE, StateFlags.FOREIGN_KEY)
                .from("nonce-of-another-app")
                .difference("The second request carries the signature of the first app's device.")
                .comment("The app id is part of the name by which the key is found.")
                .steps(twoApps.verify(otherApp.key("a"), rejected(Reason.INVALID_SIGNATURE)));
        Draft otherDevice = FIRST.device("b");
        book.positive("two-devices-then-the-first-again")
                .rule(Rules.REPLAY_IDENTITY)
                .flags(StateFlags.OTHER_DEVICE)
                .comment("Each device has used the nonce once; the first one goes on with another.")
                .steps(two.verify(otherDevice, accepted()).verify(SECOND, accepted()));
        book.negative("two-devices-then-a-copy")
                .rule(Rules.REPLAY_IDENTITY)
                .flags(StateFlags.OTHER_DEVICE, StateFlags.SAME_NONCE)
                .from("two-devices-then-the-first-again")
                .difference("The last request has the nonce that both have used.")
                .comment("That another device used the nonce, too, does not make the first device forget it.")
                .steps(two.verify(otherDevice, accepted()).verify(SECOND.nonce("1"), rejected(Reason.NONCE_REPLAY)));
    }

    private void opaqueDevices() {
        DeviceTemplate upper = DeviceTemplate.active("a").withIds("{app:a}", "Device-1");
        DeviceTemplate lower = DeviceTemplate.active("b").withIds("{app:a}", "device-1");
        Draft first = FIRST.with(Draft.DEVICE_ID, "Device-1");
        book.positive("opaque-ids-keep-their-case")
                .rule(Rules.REPLAY_IDENTITY)
                .flags(StateFlags.DEVICE_CASE, StateFlags.OTHER_DEVICE)
                .comment("Opaque ids that differ in case are two devices, each with nonces of its own.")
                .steps(Scenario.verifier(Settings.opaqueIds(), upper, lower)
                        .verify(first, accepted())
                        .verify(first.with(Draft.DEVICE_ID, "device-1").key("b"), accepted()));
        Scenario uuid = Scenario.verifier(Settings.opaqueIds()).verify(FIRST, accepted());
        Draft upperUuid = SECOND.with(Draft.DEVICE_ID, "{DEVICE:a}");
        book.positive("opaque-mode-uuid-in-upper-case")
                .rule(Rules.REPLAY_CASE)
                .flags(StateFlags.DEVICE_CASE)
                .comment(
                        "Also where opaque ids are admitted, an id that looks like a UUID is one device in either case.")
                .steps(uuid.verify(upperUuid, accepted()));
        book.negative("opaque-mode-uuid-same-nonce")
                .rule(Rules.REPLAY_CASE)
                .flags(StateFlags.DEVICE_CASE, StateFlags.SAME_NONCE)
                .from("opaque-mode-uuid-in-upper-case")
                .difference("The second request has the first one's nonce.")
                .comment("One device, so the nonce is used.")
                .steps(uuid.verify(upperUuid.nonce("1"), rejected(Reason.NONCE_REPLAY)));

        DeviceTemplate shortApp = DeviceTemplate.active("a").withIds("com.example", "12");
        DeviceTemplate longApp = DeviceTemplate.active("b").withIds("com.example1", "2");
        Draft shortAppFirst = FIRST.with(Draft.APP_ID, "com.example").with(Draft.DEVICE_ID, "12");
        Scenario boundary =
                Scenario.verifier(Settings.opaqueIds(), shortApp, longApp).verify(shortAppFirst, accepted());
        Draft longAppSecond = FIRST.with(Draft.APP_ID, "com.example1")
                .with(Draft.DEVICE_ID, "2")
                .key("b");
        book.positive("ids-do-not-run-into-each-other")
                .rule(Rules.REPLAY_IDENTITY)
                .flags(StateFlags.OTHER_DEVICE)
                .comment(
                        "App and device id of the two devices are the same text when joined. Lengths belong into whatever is hashed.")
                .steps(boundary.verify(longAppSecond, accepted()));
        book.negative("ids-moved-along")
                .rule(Rules.REPLAY_IDENTITY)
                .flags(StateFlags.OTHER_DEVICE, StateFlags.FOREIGN_KEY)
                .from("ids-do-not-run-into-each-other")
                .difference("The second request carries the first device's signature.")
                .comment("Joined ids are the same, the devices are not, nor are their keys.")
                .steps(boundary.verify(longAppSecond.key("a"), rejected(Reason.INVALID_SIGNATURE)));
    }

    private void methods() {
        for (String method : List.of("GET", "HEAD", "OPTIONS", "TRACE")) {
            Draft read = Draft.get("/v1/events").method(method);
            String name = Ascii.lower(method);
            book.positive("writes-only-" + name + "-twice")
                    .rule(Rules.REPLAY_METHODS)
                    .flags(StateFlags.WRITES_ONLY, StateFlags.READ_METHOD)
                    .comment(method + " is not claimed where only writes are, so the same request is accepted again.")
                    .steps(Scenario.verifier(Settings.writesOnly())
                            .verify(read, accepted())
                            .verify(read, accepted()));
            book.negative(name + "-twice")
                    .rule(Rules.REPLAY_METHODS)
                    .flags(StateFlags.READ_METHOD, StateFlags.SAME_REQUEST)
                    .from("writes-only-" + name + "-twice")
                    .difference("The setting is left out.")
                    .comment("By default every method is protected, " + method + ", too.")
                    .steps(Scenario.verifier().verify(read, accepted()).verify(read, rejected(Reason.NONCE_REPLAY)));
        }
        for (String method : List.of("POST", "PUT", "PATCH", "DELETE", "PURGE", "GETS")) {
            Draft write = Draft.post("/v1/events").method(method);
            String name = Ascii.lower(method);
            Scenario once = Scenario.verifier(Settings.writesOnly()).verify(write, accepted());
            book.positive("writes-only-" + name)
                    .rule(Rules.REPLAY_METHODS)
                    .flags(StateFlags.WRITES_ONLY, StateFlags.WRITE_METHOD)
                    .comment(method + " is accepted once where writes are protected.")
                    .steps(once);
            book.negative("writes-only-" + name + "-twice")
                    .rule(Rules.REPLAY_METHODS)
                    .flags(StateFlags.WRITES_ONLY, StateFlags.WRITE_METHOD, StateFlags.SAME_REQUEST)
                    .from("writes-only-" + name)
                    .difference("The request is sent a second time.")
                    .comment(method + " is none of the four reads, so it is a write.")
                    .steps(once.verify(write, rejected(Reason.NONCE_REPLAY)));
        }
        for (String method : List.of("DELETE", "PURGE")) {
            Draft write = Draft.post("/v1/events").method(method);
            Scenario once = Scenario.verifier().verify(write, accepted());
            String name = Ascii.lower(method);
            book.positive(name + "-once")
                    .rule(Rules.REPLAY_METHODS)
                    .flags(StateFlags.WRITE_METHOD)
                    .comment(method + " is accepted once.")
                    .steps(once);
            book.negative(name + "-twice")
                    .rule(Rules.REPLAY_METHODS)
                    .flags(StateFlags.WRITE_METHOD, StateFlags.SAME_REQUEST)
                    .from(name + "-once")
                    .difference("The request is sent a second time.")
                    .comment("Every method is protected by default.")
                    .steps(once.verify(write, rejected(Reason.NONCE_REPLAY)));
        }
        List<Flag> both = List.of(StateFlags.WRITES_ONLY, StateFlags.READ_METHOD, StateFlags.NONCE_STAYS_FREE);
        Draft read = Draft.get("/v1/events");
        book.positive("writes-only-read-then-write")
                .rule(Rules.REPLAY_METHODS)
                .flags(both)
                .comment("A read that is not claimed does not burn its nonce: a write may use it.")
                .steps(Scenario.verifier(Settings.writesOnly())
                        .verify(read, accepted())
                        .verify(FIRST, accepted()));
        book.negative("read-then-write")
                .rule(Rules.REPLAY_METHODS)
                .flags(StateFlags.READ_METHOD, StateFlags.SAME_NONCE)
                .from("writes-only-read-then-write")
                .difference("The setting is left out.")
                .comment("A read that is claimed burns its nonce for every method.")
                .steps(Scenario.verifier().verify(read, accepted()).verify(FIRST, rejected(Reason.NONCE_REPLAY)));
        book.positive("writes-only-write-then-read")
                .rule(Rules.REPLAY_METHODS)
                .flags(both)
                .comment("A read that is not claimed is not held against claims either.")
                .steps(Scenario.verifier(Settings.writesOnly())
                        .verify(FIRST, accepted())
                        .verify(read, accepted()));
        book.negative("write-then-read")
                .rule(Rules.REPLAY_METHODS)
                .flags(StateFlags.READ_METHOD, StateFlags.SAME_NONCE)
                .from("writes-only-write-then-read")
                .difference("The setting is left out.")
                .comment("A read is claimed like a write, and the nonce is used.")
                .steps(ACCEPTED_ONCE.verify(read, rejected(Reason.NONCE_REPLAY)));
        book.positive("writes-only-read-under-a-new-nonce")
                .rule(Rules.REPLAY_METHODS)
                .flags(StateFlags.WRITES_ONLY, StateFlags.READ_METHOD, StateFlags.SWAPPED_NONCE)
                .comment("Neither token of a read is claimed: the same signature counts under another nonce, too.")
                .steps(Scenario.verifier(Settings.writesOnly())
                        .verify(read, accepted())
                        .verify(read.nonce("2"), accepted()));
        book.negative("read-under-a-new-nonce")
                .rule(Rules.REPLAY_METHODS)
                .flags(StateFlags.READ_METHOD, StateFlags.SWAPPED_NONCE)
                .from("writes-only-read-under-a-new-nonce")
                .difference("The setting is left out.")
                .comment("Reads are protected with both tokens.")
                .steps(Scenario.verifier()
                        .verify(read, accepted())
                        .verify(read.nonce("2"), rejected(Reason.SIGNATURE_REPLAY)));
    }
}
