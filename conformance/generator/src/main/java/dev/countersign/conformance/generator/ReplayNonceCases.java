package dev.countersign.conformance.generator;

import static dev.countersign.conformance.generator.Expect.accepted;
import static dev.countersign.conformance.generator.Expect.rejected;

import dev.countersign.conformance.signing.Body;
import dev.countersign.conformance.signing.DeviceTemplate;
import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Role;
import java.util.List;

/** One nonce of one device counts once, and which methods that covers. */
final class ReplayNonceCases {
    private static final Draft FIRST = Draft.post("/v1/events");

    /** A second genuine request with the same content, under a nonce of its own. */
    private static final Draft SECOND = FIRST.nonce("2").attempt(1);

    private static final Scenario ACCEPTED_ONCE = Scenario.verifier().verify(FIRST, accepted());

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
        book.positive(
                "once",
                Rules.REPLAY_NONCE,
                List.of(Flags.ORDINARY),
                "A request under a nonce that was never used.",
                ACCEPTED_ONCE);
        book.negative(
                "same-request-again",
                Rules.REPLAY_NONCE,
                List.of(StateFlags.SAME_REQUEST),
                "once",
                "The request is sent a second time.",
                "The nonce was used: a request counts once, also when the network or a proxy repeats it.",
                ACCEPTED_ONCE.verify(FIRST, rejected(Reason.NONCE_REPLAY)));
        book.positive(
                "two-requests",
                Rules.REPLAY_NONCE,
                List.of(Flags.ORDINARY),
                "Two genuine requests with the same content, each with a nonce and a signature of its own.",
                ACCEPTED_ONCE.verify(SECOND, accepted()));
        book.negative(
                "same-nonce",
                Rules.REPLAY_NONCE,
                List.of(StateFlags.SAME_NONCE),
                "two-requests",
                "The second request has the first one's nonce.",
                "The nonce is what counts, not whether the request is the same.",
                ACCEPTED_ONCE.verify(SECOND.nonce("1"), rejected(Reason.NONCE_REPLAY)));
        Scenario copied = ACCEPTED_ONCE.verify(FIRST, rejected(Reason.NONCE_REPLAY));
        book.positive(
                "a-replay-locks-nobody-out",
                Rules.REPLAY_NONCE,
                List.of(StateFlags.SAME_REQUEST),
                "After a replay was rejected, the device's next request is accepted.",
                copied.verify(SECOND, accepted()));
        book.negative(
                "third-time",
                Rules.REPLAY_NONCE,
                List.of(StateFlags.SAME_REQUEST, StateFlags.SAME_NONCE),
                "a-replay-locks-nobody-out",
                "The last request has the nonce of the first.",
                "A rejected replay does not free the nonce.",
                copied.verify(SECOND.nonce("1"), rejected(Reason.NONCE_REPLAY)));
        book.positive(
                "second-at-the-windows-end",
                Rules.REPLAY_NONCE,
                List.of(StateFlags.AT_THE_EDGE),
                "Two genuine requests, the second at the very end of its window.",
                ACCEPTED_ONCE.verify(SECOND.at(300), accepted()));
    }

    private void otherRequestsUnderTheNonce() {
        underTheNonce("other-body", "another body", SECOND.body(Body.text("{\"n\":2}")));
        underTheNonce("other-path", "another path", SECOND.target("/v1/other"));
        underTheNonce("other-method", "another method", SECOND.method("PUT"));
        underTheNonce("later", "a later timestamp", SECOND.dated(7).at(7));
    }

    private void underTheNonce(String name, String what, Draft second) {
        book.positive(
                name,
                Rules.REPLAY_NONCE,
                List.of(Flags.ORDINARY),
                "A second request, with " + what + ", under its own nonce.",
                ACCEPTED_ONCE.verify(second, accepted()));
        book.negative(
                name + "-same-nonce",
                Rules.REPLAY_NONCE,
                List.of(StateFlags.SAME_NONCE),
                name,
                "The second request has the first one's nonce.",
                "A nonce is used up for the device, whatever the next request with it says.",
                ACCEPTED_ONCE.verify(second.nonce("1"), rejected(Reason.NONCE_REPLAY)));
    }

    private void letterCase() {
        String upperNonce = "{NONCE:1}";
        book.positive(
                "nonce-in-upper-case",
                Rules.REPLAY_CASE,
                List.of(StateFlags.NONCE_CASE),
                "Another nonce, in upper case as Swift writes it.",
                ACCEPTED_ONCE.verify(SECOND.with(Draft.NONCE, "{NONCE:2}"), accepted()));
        book.negative(
                "nonce-lower-then-upper",
                Rules.REPLAY_CASE,
                List.of(StateFlags.NONCE_CASE, StateFlags.SAME_NONCE),
                "nonce-in-upper-case",
                "The second nonce is the first one in upper case.",
                "Either case is the same UUID.",
                ACCEPTED_ONCE.verify(SECOND.with(Draft.NONCE, upperNonce), rejected(Reason.NONCE_REPLAY)));
        Scenario upperFirst = Scenario.verifier().verify(FIRST.with(Draft.NONCE, upperNonce), accepted());
        book.positive(
                "upper-case-nonce-first",
                Rules.REPLAY_CASE,
                List.of(StateFlags.NONCE_CASE),
                "A nonce in upper case, then another in lower case.",
                upperFirst.verify(SECOND, accepted()));
        book.negative(
                "nonce-upper-then-lower",
                Rules.REPLAY_CASE,
                List.of(StateFlags.NONCE_CASE, StateFlags.SAME_NONCE),
                "upper-case-nonce-first",
                "The second nonce is the first one in lower case.",
                "Either case is the same UUID.",
                upperFirst.verify(SECOND.nonce("1"), rejected(Reason.NONCE_REPLAY)));
        book.negative(
                "copy-with-the-nonce-in-upper-case",
                Rules.REPLAY_CASE,
                List.of(StateFlags.NONCE_CASE, StateFlags.SAME_REQUEST),
                "once",
                "The request is sent again with its nonce in upper case.",
                "The nonce is not signed, so its spelling can be changed on the way; it stays the same nonce.",
                ACCEPTED_ONCE.verify(FIRST.with(Draft.NONCE, upperNonce), rejected(Reason.NONCE_REPLAY)));

        Draft upperDevice = SECOND.with(Draft.DEVICE_ID, "{DEVICE:a}");
        book.positive(
                "device-in-upper-case",
                Rules.REPLAY_CASE,
                List.of(StateFlags.DEVICE_CASE),
                "The same device in upper case, under another nonce.",
                ACCEPTED_ONCE.verify(upperDevice, accepted()));
        book.negative(
                "device-lower-then-upper",
                Rules.REPLAY_CASE,
                List.of(StateFlags.DEVICE_CASE, StateFlags.SAME_NONCE),
                "device-in-upper-case",
                "The second request has the first one's nonce.",
                "Either case is the same device, so the nonce is used.",
                ACCEPTED_ONCE.verify(upperDevice.nonce("1"), rejected(Reason.NONCE_REPLAY)));
        book.negative(
                "copy-with-the-device-in-upper-case",
                Rules.REPLAY_CASE,
                List.of(StateFlags.DEVICE_CASE, StateFlags.SAME_REQUEST),
                "once",
                "The request is sent again with the device id in upper case.",
                "The device id is not signed, so its spelling can be changed on the way; it stays the same device.",
                ACCEPTED_ONCE.verify(FIRST.with(Draft.DEVICE_ID, "{DEVICE:a}"), rejected(Reason.NONCE_REPLAY)));
        Scenario upperDeviceFirst = Scenario.verifier().verify(FIRST.with(Draft.DEVICE_ID, "{DEVICE:a}"), accepted());
        book.positive(
                "upper-case-device-first",
                Rules.REPLAY_CASE,
                List.of(StateFlags.DEVICE_CASE),
                "The device in upper case, then in lower case under another nonce.",
                upperDeviceFirst.verify(SECOND, accepted()));
        book.negative(
                "device-upper-then-lower",
                Rules.REPLAY_CASE,
                List.of(StateFlags.DEVICE_CASE, StateFlags.SAME_NONCE),
                "upper-case-device-first",
                "The second request has the first one's nonce.",
                "Either case is the same device, so the nonce is used.",
                upperDeviceFirst.verify(SECOND.nonce("1"), rejected(Reason.NONCE_REPLAY)));
    }

    private void devices() {
        Scenario two = Scenario.verifier(DeviceTemplate.active("a"), DeviceTemplate.active("b"))
                .verify(FIRST, accepted());
        Draft sameApp = FIRST.with(Draft.DEVICE_ID, "{device:b}").key("b");
        Scenario oneApp = Scenario.verifier(
                        DeviceTemplate.active("a"), DeviceTemplate.active("b").withIds("{app:a}", "{device:b}"))
                .verify(FIRST, accepted());
        book.positive(
                "nonce-of-another-device",
                Rules.REPLAY_IDENTITY,
                List.of(StateFlags.OTHER_DEVICE),
                "Another device of the same app uses the same nonce. It has nonces of its own.",
                oneApp.verify(sameApp, accepted()));
        book.negative(
                "copy-under-another-device",
                Rules.REPLAY_IDENTITY,
                List.of(StateFlags.OTHER_DEVICE, StateFlags.FOREIGN_KEY),
                "nonce-of-another-device",
                "The second request carries the first device's signature.",
                "Ids are not signed, but the key is looked up by them: under another device's id the signature is not valid.",
                oneApp.verify(sameApp.key("a"), rejected(Reason.INVALID_SIGNATURE)));
        Scenario twoApps = Scenario.verifier(
                        DeviceTemplate.active("a"), DeviceTemplate.active("b").withIds("{app:b}", "{device:a}"))
                .verify(FIRST, accepted());
        Draft otherApp = FIRST.with(Draft.APP_ID, "{app:b}").key("b");
        book.positive(
                "nonce-of-another-app",
                Rules.REPLAY_IDENTITY,
                List.of(StateFlags.OTHER_DEVICE),
                "Another app has a device of the same id, which uses the same nonce. It is another device.",
                twoApps.verify(otherApp, accepted()));
        book.negative(
                "copy-under-another-app",
                Rules.REPLAY_IDENTITY,
                List.of(StateFlags.OTHER_DEVICE, StateFlags.FOREIGN_KEY),
                "nonce-of-another-app",
                "The second request carries the signature of the first app's device.",
                "The app id is part of the name by which the key is found.",
                twoApps.verify(otherApp.key("a"), rejected(Reason.INVALID_SIGNATURE)));
        Draft otherDevice = FIRST.device("b");
        book.positive(
                "two-devices-then-the-first-again",
                Rules.REPLAY_IDENTITY,
                List.of(StateFlags.OTHER_DEVICE),
                "Each device has used the nonce once; the first one goes on with another.",
                two.verify(otherDevice, accepted()).verify(SECOND, accepted()));
        book.negative(
                "two-devices-then-a-copy",
                Rules.REPLAY_IDENTITY,
                List.of(StateFlags.OTHER_DEVICE, StateFlags.SAME_NONCE),
                "two-devices-then-the-first-again",
                "The last request has the nonce that both have used.",
                "That another device used the nonce, too, does not make the first device forget it.",
                two.verify(otherDevice, accepted()).verify(SECOND.nonce("1"), rejected(Reason.NONCE_REPLAY)));
    }

    private void opaqueDevices() {
        DeviceTemplate upper = DeviceTemplate.active("a").withIds("{app:a}", "Device-1");
        DeviceTemplate lower = DeviceTemplate.active("b").withIds("{app:a}", "device-1");
        Draft first = FIRST.with(Draft.DEVICE_ID, "Device-1");
        book.positive(
                "opaque-ids-keep-their-case",
                Rules.REPLAY_IDENTITY,
                List.of(StateFlags.DEVICE_CASE, StateFlags.OTHER_DEVICE),
                "Opaque ids that differ in case are two devices, each with nonces of its own.",
                Scenario.verifier(Settings.opaqueIds(), upper, lower)
                        .verify(first, accepted())
                        .verify(first.with(Draft.DEVICE_ID, "device-1").key("b"), accepted()));
        Scenario uuid = Scenario.verifier(Settings.opaqueIds()).verify(FIRST, accepted());
        Draft upperUuid = SECOND.with(Draft.DEVICE_ID, "{DEVICE:a}");
        book.positive(
                "opaque-mode-uuid-in-upper-case",
                Rules.REPLAY_CASE,
                List.of(StateFlags.DEVICE_CASE),
                "Also where opaque ids are admitted, an id that looks like a UUID is one device in either case.",
                uuid.verify(upperUuid, accepted()));
        book.negative(
                "opaque-mode-uuid-same-nonce",
                Rules.REPLAY_CASE,
                List.of(StateFlags.DEVICE_CASE, StateFlags.SAME_NONCE),
                "opaque-mode-uuid-in-upper-case",
                "The second request has the first one's nonce.",
                "One device, so the nonce is used.",
                uuid.verify(upperUuid.nonce("1"), rejected(Reason.NONCE_REPLAY)));

        DeviceTemplate shortApp = DeviceTemplate.active("a").withIds("com.example", "12");
        DeviceTemplate longApp = DeviceTemplate.active("b").withIds("com.example1", "2");
        Draft shortAppFirst = FIRST.with(Draft.APP_ID, "com.example").with(Draft.DEVICE_ID, "12");
        Scenario boundary =
                Scenario.verifier(Settings.opaqueIds(), shortApp, longApp).verify(shortAppFirst, accepted());
        Draft longAppSecond = FIRST.with(Draft.APP_ID, "com.example1")
                .with(Draft.DEVICE_ID, "2")
                .key("b");
        book.positive(
                "ids-do-not-run-into-each-other",
                Rules.REPLAY_IDENTITY,
                List.of(StateFlags.OTHER_DEVICE),
                "App and device id of the two devices are the same text when joined. Lengths belong into whatever is hashed.",
                boundary.verify(longAppSecond, accepted()));
        book.negative(
                "ids-moved-along",
                Rules.REPLAY_IDENTITY,
                List.of(StateFlags.OTHER_DEVICE, StateFlags.FOREIGN_KEY),
                "ids-do-not-run-into-each-other",
                "The second request carries the first device's signature.",
                "Joined ids are the same, the devices are not, nor are their keys.",
                boundary.verify(longAppSecond.key("a"), rejected(Reason.INVALID_SIGNATURE)));
    }

    private void methods() {
        for (String method : List.of("GET", "HEAD", "OPTIONS", "TRACE")) {
            Draft read = Draft.get("/v1/events").method(method);
            String name = Ascii.lower(method);
            book.positive(
                    "writes-only-" + name + "-twice",
                    Rules.REPLAY_METHODS,
                    List.of(StateFlags.WRITES_ONLY, StateFlags.READ_METHOD),
                    method + " is not claimed where only writes are, so the same request is accepted again.",
                    Scenario.verifier(Settings.writesOnly())
                            .verify(read, accepted())
                            .verify(read, accepted()));
            book.negative(
                    name + "-twice",
                    Rules.REPLAY_METHODS,
                    List.of(StateFlags.READ_METHOD, StateFlags.SAME_REQUEST),
                    "writes-only-" + name + "-twice",
                    "The setting is left out.",
                    "By default every method is protected, " + method + ", too.",
                    Scenario.verifier().verify(read, accepted()).verify(read, rejected(Reason.NONCE_REPLAY)));
        }
        for (String method : List.of("POST", "PUT", "PATCH", "DELETE", "PURGE", "GETS")) {
            Draft write = Draft.post("/v1/events").method(method);
            String name = Ascii.lower(method);
            Scenario once = Scenario.verifier(Settings.writesOnly()).verify(write, accepted());
            book.positive(
                    "writes-only-" + name,
                    Rules.REPLAY_METHODS,
                    List.of(StateFlags.WRITES_ONLY, StateFlags.WRITE_METHOD),
                    method + " is accepted once where writes are protected.",
                    once);
            book.negative(
                    "writes-only-" + name + "-twice",
                    Rules.REPLAY_METHODS,
                    List.of(StateFlags.WRITES_ONLY, StateFlags.WRITE_METHOD, StateFlags.SAME_REQUEST),
                    "writes-only-" + name,
                    "The request is sent a second time.",
                    method + " is none of the four reads, so it is a write.",
                    once.verify(write, rejected(Reason.NONCE_REPLAY)));
        }
        for (String method : List.of("DELETE", "PURGE")) {
            Draft write = Draft.post("/v1/events").method(method);
            Scenario once = Scenario.verifier().verify(write, accepted());
            String name = Ascii.lower(method);
            book.positive(
                    name + "-once",
                    Rules.REPLAY_METHODS,
                    List.of(StateFlags.WRITE_METHOD),
                    method + " is accepted once.",
                    once);
            book.negative(
                    name + "-twice",
                    Rules.REPLAY_METHODS,
                    List.of(StateFlags.WRITE_METHOD, StateFlags.SAME_REQUEST),
                    name + "-once",
                    "The request is sent a second time.",
                    "Every method is protected by default.",
                    once.verify(write, rejected(Reason.NONCE_REPLAY)));
        }
        List<Flag> both = List.of(StateFlags.WRITES_ONLY, StateFlags.READ_METHOD, StateFlags.NONCE_STAYS_FREE);
        Draft read = Draft.get("/v1/events");
        book.positive(
                "writes-only-read-then-write",
                Rules.REPLAY_METHODS,
                both,
                "A read that is not claimed does not burn its nonce: a write may use it.",
                Scenario.verifier(Settings.writesOnly())
                        .verify(read, accepted())
                        .verify(FIRST, accepted()));
        book.negative(
                "read-then-write",
                Rules.REPLAY_METHODS,
                List.of(StateFlags.READ_METHOD, StateFlags.SAME_NONCE),
                "writes-only-read-then-write",
                "The setting is left out.",
                "A read that is claimed burns its nonce for every method.",
                Scenario.verifier().verify(read, accepted()).verify(FIRST, rejected(Reason.NONCE_REPLAY)));
        book.positive(
                "writes-only-write-then-read",
                Rules.REPLAY_METHODS,
                both,
                "A read that is not claimed is not held against claims either.",
                Scenario.verifier(Settings.writesOnly())
                        .verify(FIRST, accepted())
                        .verify(read, accepted()));
        book.negative(
                "write-then-read",
                Rules.REPLAY_METHODS,
                List.of(StateFlags.READ_METHOD, StateFlags.SAME_NONCE),
                "writes-only-write-then-read",
                "The setting is left out.",
                "A read is claimed like a write, and the nonce is used.",
                ACCEPTED_ONCE.verify(read, rejected(Reason.NONCE_REPLAY)));
        book.positive(
                "writes-only-read-under-a-new-nonce",
                Rules.REPLAY_METHODS,
                List.of(StateFlags.WRITES_ONLY, StateFlags.READ_METHOD, StateFlags.SWAPPED_NONCE),
                "Neither token of a read is claimed: the same signature counts under another nonce, too.",
                Scenario.verifier(Settings.writesOnly())
                        .verify(read, accepted())
                        .verify(read.nonce("2"), accepted()));
        book.negative(
                "read-under-a-new-nonce",
                Rules.REPLAY_METHODS,
                List.of(StateFlags.READ_METHOD, StateFlags.SWAPPED_NONCE),
                "writes-only-read-under-a-new-nonce",
                "The setting is left out.",
                "Reads are protected with both tokens.",
                Scenario.verifier()
                        .verify(read, accepted())
                        .verify(read.nonce("2"), rejected(Reason.SIGNATURE_REPLAY)));
    }
}
