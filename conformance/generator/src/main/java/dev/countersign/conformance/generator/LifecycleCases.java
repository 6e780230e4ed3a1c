package dev.countersign.conformance.generator;

import static dev.countersign.conformance.generator.Devices.current;
import static dev.countersign.conformance.generator.Devices.invalidated;
import static dev.countersign.conformance.generator.Devices.previous;
import static dev.countersign.conformance.generator.Devices.provisional;
import static dev.countersign.conformance.generator.Devices.retired;
import static dev.countersign.conformance.generator.Devices.withKeys;
import static dev.countersign.conformance.generator.Draft.FIRST;
import static dev.countersign.conformance.generator.Draft.SECOND;
import static dev.countersign.conformance.generator.Expect.accepted;
import static dev.countersign.conformance.generator.Expect.rejected;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.signing.DeviceTemplate;
import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Role;
import java.util.List;

/**
 * Which keys of which devices sign requests, and how the others are answered. Signed with the key "a"; the keys that
 * replace it are "a2" and "a3", the one before it "a0".
 */
final class LifecycleCases {
    /** A key that no device has. */
    private static final String STRANGER = "x";

    private static final DeviceTemplate ROTATING = withKeys(current("a"), provisional("a2", Devices.DAY));

    private final CaseBook book = new CaseBook("lifecycle", "Devices and their keys", Role.VERIFIER);
    private final FaultOrder order = new FaultOrder(book, Rules.END_ORDER, List.of());

    static Group group() {
        LifecycleCases cases = new LifecycleCases();
        cases.currentKeys();
        cases.beforeConfirmation();
        cases.confirmation();
        cases.noConfirmation();
        cases.previousKeys();
        cases.retiredKeys();
        cases.invalidatedKeys();
        cases.pendingDevices();
        cases.revokedDevices();
        cases.reinstated();
        cases.orderAtTheEnd();
        return cases.book.group();
    }

    private void currentKeys() {
        book.positive("current")
                .rule(Rules.KEY_CURRENT)
                .flags(Flags.ORDINARY)
                .comment("The current key signs.")
                .accepts(FIRST);
        book.negative("stranger")
                .rule(Rules.KEY_CURRENT)
                .flags(StateFlags.FOREIGN_KEY)
                .from("current")
                .difference("Signed by a key that no device has.")
                .comment("The signature is valid, but not under a key of this device.")
                .rejects(FIRST.key(STRANGER), Reason.INVALID_SIGNATURE);
        Scenario two = Scenario.verifier(DeviceTemplate.active("a"), DeviceTemplate.active("b"));
        book.positive("two-devices")
                .rule(Rules.KEY_CURRENT)
                .flags(StateFlags.OTHER_DEVICE)
                .comment("Each device signs with its own key.")
                .steps(two.verify(FIRST, accepted()).verify(FIRST.device("b").attempt(1), accepted()));
        book.negative("another-devices-key")
                .rule(Rules.KEY_CURRENT)
                .flags(StateFlags.OTHER_DEVICE, StateFlags.FOREIGN_KEY)
                .from("two-devices")
                .difference("The second request is signed by the first device's key.")
                .comment("A key counts for its own device only.")
                .steps(two.verify(FIRST, accepted())
                        .verify(FIRST.device("b").key("a").attempt(1), rejected(Reason.INVALID_SIGNATURE)));
        Scenario three =
                Scenario.verifier(withKeys(current("a"), provisional("a2", Devices.DAY), previous("a0", Devices.DAY)));
        for (String key : List.of("a", "a2", "a0")) {
            book.positive("three-keys-" + key)
                    .rule(Rules.KEY_CURRENT)
                    .flags(StateFlags.THREE_KEYS)
                    .comment("A device with a current, a provisional and a previous key: this is signed by "
                            + (key.equals("a") ? "the current" : key.equals("a2") ? "the provisional" : "the previous")
                            + " one.")
                    .steps(three.verify(FIRST.key(key), accepted()));
        }
        book.negative("three-keys-stranger")
                .rule(Rules.KEY_CURRENT)
                .flags(StateFlags.THREE_KEYS, StateFlags.FOREIGN_KEY)
                .from("three-keys-a")
                .difference("Signed by a key that no device has.")
                .comment("None of the three.")
                .steps(three.verify(FIRST.key(STRANGER), rejected(Reason.INVALID_SIGNATURE)));
    }

    private void beforeConfirmation() {
        Scenario rotating = Scenario.verifier(ROTATING);
        book.positive("old-key-before-confirmation")
                .rule(Rules.KEY_PROVISIONAL)
                .flags(StateFlags.NEW_KEY)
                .comment("A rotation was answered, but no request came under the new key: the old one signs as before.")
                .steps(rotating.verify(FIRST, accepted()));
        book.positive("old-key-long-before-confirmation")
                .rule(Rules.KEY_PROVISIONAL)
                .flags(StateFlags.NEW_KEY, StateFlags.LONG_AFTER)
                .comment("A client that lost the answer goes on with its old key, for as long as it likes.")
                .steps(rotating.verify(FIRST.dated(3600).at(3600), accepted()));
        book.positive("new-key")
                .rule(Rules.KEY_PROVISIONAL)
                .flags(StateFlags.NEW_KEY)
                .comment("The new key signs at once.")
                .steps(rotating.verify(FIRST.key("a2"), accepted()));
        Scenario shortRotation = Scenario.verifier(withKeys(current("a"), provisional("a2", 100)));
        book.positive("new-key-in-its-last-second")
                .rule(Rules.KEY_PROVISIONAL)
                .flags(StateFlags.NEW_KEY, StateFlags.AT_THE_EDGE)
                .comment("The last second in which the new key may be confirmed.")
                .steps(shortRotation.verify(FIRST.key("a2").at(100), accepted()));
        book.negative("new-key-past-its-end")
                .rule(Rules.KEY_PROVISIONAL)
                .flags(StateFlags.NEW_KEY, StateFlags.PAST_THE_EDGE)
                .from("new-key-in-its-last-second")
                .difference("It arrives one second later.")
                .comment("A provisional key past its end is no key.")
                .steps(shortRotation.verify(FIRST.key("a2").at(101), rejected(Reason.INVALID_SIGNATURE)));
        book.positive("old-key-after-a-rotation-ran-out")
                .rule(Rules.KEY_PROVISIONAL)
                .flags(StateFlags.NEW_KEY, StateFlags.PAST_THE_EDGE)
                .comment("The rotation was never completed, so the old key is the current one still.")
                .steps(shortRotation.verify(FIRST.at(101), accepted()));
    }

    private void confirmation() {
        Scenario confirmed = Scenario.verifier(ROTATING).verify(FIRST.key("a2"), accepted());
        book.positive("new-key-goes-on")
                .rule(Rules.KEY_PROVISIONAL)
                .flags(StateFlags.NEW_KEY, StateFlags.LONG_AFTER)
                .comment("Once confirmed, the new key is current: it has no end any more.")
                .steps(confirmed.verify(FIRST.key("a2").dated(Devices.DAY + 1).at(Devices.DAY + 1), accepted()));
        book.negative("new-key-never-confirmed")
                .rule(Rules.KEY_PROVISIONAL)
                .flags(StateFlags.NEW_KEY, StateFlags.PAST_THE_EDGE)
                .from("new-key-goes-on")
                .difference("The first request under the new key is left out.")
                .comment("Nothing confirmed the key before its end.")
                .steps(Scenario.verifier(ROTATING)
                        .verify(
                                FIRST.key("a2").dated(Devices.DAY + 1).at(Devices.DAY + 1),
                                rejected(Reason.INVALID_SIGNATURE)));
        Draft old = FIRST.nonce("2").dated(300);
        book.positive("old-key-300-after-confirmation")
                .rule(Rules.KEY_PREVIOUS)
                .flags(StateFlags.OLD_KEY, StateFlags.AT_THE_EDGE)
                .comment("The new key was confirmed 300 seconds ago. Requests of the old one may still be under way.")
                .steps(confirmed.verify(old.at(300), accepted()));
        book.negative("old-key-301-after-confirmation")
                .rule(Rules.KEY_PREVIOUS)
                .flags(StateFlags.OLD_KEY, StateFlags.PAST_THE_EDGE)
                .from("old-key-300-after-confirmation")
                .difference("The old key's request arrives one second later.")
                .comment("301 seconds after the confirmation the old key is no key.")
                .steps(confirmed.verify(old.at(301), rejected(Reason.INVALID_SIGNATURE)));
        Scenario twice = confirmed.verify(FIRST.key("a2").nonce("3").dated(200).at(200), accepted());
        book.negative("second-request-does-not-confirm-again")
                .rule(Rules.KEY_PREVIOUS)
                .flags(StateFlags.OLD_KEY, StateFlags.NEW_KEY, StateFlags.PAST_THE_EDGE)
                .from("old-key-after-two-new-requests")
                .difference("The old key's request arrives one second later.")
                .comment("The 300 seconds count from the first accepted request of the new key, not from its latest.")
                .steps(twice.verify(old.at(301), rejected(Reason.INVALID_SIGNATURE)));
        book.positive("old-key-after-two-new-requests")
                .rule(Rules.KEY_PREVIOUS)
                .flags(StateFlags.OLD_KEY, StateFlags.NEW_KEY, StateFlags.AT_THE_EDGE)
                .comment("The new key has signed two requests, the first of them 300 seconds ago.")
                .steps(twice.verify(old.at(300), accepted()));
        Scenario keptAlive = confirmed.verify(FIRST.nonce("3").dated(200).at(200), accepted());
        book.positive("old-key-used-twice")
                .rule(Rules.KEY_PREVIOUS)
                .flags(StateFlags.OLD_KEY, StateFlags.AT_THE_EDGE)
                .comment("The old key signs twice before its end.")
                .steps(keptAlive.verify(old.at(300), accepted()));
        book.negative("use-does-not-extend-the-old-key")
                .rule(Rules.KEY_PREVIOUS)
                .flags(StateFlags.OLD_KEY, StateFlags.PAST_THE_EDGE)
                .from("old-key-used-twice")
                .difference("Its last request arrives one second later.")
                .comment("That the old key was used meanwhile does not lengthen its life.")
                .steps(keptAlive.verify(old.at(301), rejected(Reason.INVALID_SIGNATURE)));
        book.positive("replay-protection-spans-keys")
                .rule(Rules.KEY_PROVISIONAL)
                .flags(StateFlags.NEW_KEY, StateFlags.OLD_KEY)
                .comment("One request under the new key, one under the old, each with its nonce.")
                .steps(confirmed.verify(FIRST.nonce("2"), accepted()));
        book.negative("same-nonce-under-both-keys")
                .rule(Rules.KEY_PROVISIONAL)
                .flags(StateFlags.NEW_KEY, StateFlags.OLD_KEY, StateFlags.SAME_NONCE)
                .from("replay-protection-spans-keys")
                .difference("The old key's request has the nonce of the new key's.")
                .comment("A nonce is the device's, not the key's.")
                .steps(confirmed.verify(FIRST, rejected(Reason.NONCE_REPLAY)));

        Scenario three =
                Scenario.verifier(withKeys(current("a"), provisional("a2", Devices.DAY), previous("a0", Devices.DAY)));
        book.negative("older-key-after-confirmation")
                .rule(Rules.KEY_PREVIOUS)
                .flags(StateFlags.THREE_KEYS, StateFlags.OLD_KEY, StateFlags.RETIRED_KEY)
                .from("three-keys-a0")
                .difference("A request under the new key comes first.")
                .comment(
                        "A device has one previous key: with the confirmation the current one took its place, and this one is retired.")
                .steps(three.verify(FIRST.key("a2").nonce("2"), accepted())
                        .verify(FIRST.key("a0"), rejected(Reason.INVALID_SIGNATURE)));
    }

    /** Rejected requests under the new key leave the rotation as it is. */
    private void noConfirmation() {
        Draft lateOld = FIRST.nonce("3").dated(700).at(700);
        Draft newKey = FIRST.key("a2").nonce("2");
        book.positive("stale-request-does-not-confirm")
                .rule(Rules.KEY_PROVISIONAL)
                .flags(StateFlags.NEW_KEY, StateFlags.WITHHELD_BODY)
                .comment(
                        "The new key's request was stale when its body ended. It was not accepted, so the old key is still current.")
                .steps(Scenario.verifier(ROTATING)
                        .verify(newKey.arriving(0, 301L), rejected(Reason.CLOCK_SKEW))
                        .verify(lateOld, accepted()));
        book.negative("fresh-request-confirms")
                .rule(Rules.KEY_PROVISIONAL)
                .flags(StateFlags.NEW_KEY, StateFlags.WITHHELD_BODY, StateFlags.PAST_THE_EDGE)
                .from("stale-request-does-not-confirm")
                .difference("The body of the new key's request ends one second earlier.")
                .comment("It was accepted, and the old key ended 300 seconds later.")
                .steps(Scenario.verifier(ROTATING)
                        .verify(newKey.arriving(0, 300L), accepted())
                        .verify(lateOld, rejected(Reason.INVALID_SIGNATURE)));
        Scenario used = Scenario.verifier(ROTATING).verify(FIRST, accepted());
        book.positive("replay-does-not-confirm")
                .rule(Rules.KEY_PROVISIONAL)
                .flags(StateFlags.NEW_KEY, StateFlags.SAME_NONCE)
                .comment(
                        "The new key's request has a nonce that the old key's request used. A replay confirms nothing.")
                .steps(used.verify(newKey.nonce("1"), rejected(Reason.NONCE_REPLAY))
                        .verify(lateOld, accepted()));
        book.negative("no-replay-confirms")
                .rule(Rules.KEY_PROVISIONAL)
                .flags(StateFlags.NEW_KEY, StateFlags.PAST_THE_EDGE)
                .from("replay-does-not-confirm")
                .difference("The new key's request has a nonce of its own.")
                .comment("It was accepted, and the old key ended 300 seconds later.")
                .steps(used.verify(newKey, accepted()).verify(lateOld, rejected(Reason.INVALID_SIGNATURE)));
        book.positive("bad-signature-does-not-confirm")
                .rule(Rules.KEY_PROVISIONAL)
                .flags(StateFlags.NEW_KEY, StateFlags.BAD_SIGNATURE)
                .comment("A stranger's signature is no confirmation.")
                .steps(Scenario.verifier(ROTATING)
                        .verify(newKey.key(STRANGER), rejected(Reason.INVALID_SIGNATURE))
                        .verify(lateOld, accepted()));
        book.positive("no-room-does-not-confirm")
                .rule(Rules.KEY_PROVISIONAL)
                .flags(StateFlags.NEW_KEY, StateFlags.NONCES_FULL)
                .comment("The new key's request could not be claimed. The rotation waits for one that is accepted.")
                .steps(Scenario.verifier(ROTATING)
                        .fault("nonces", "full")
                        .verify(newKey, rejected(Reason.STORE_FULL))
                        .fault("nonces", "up")
                        .verify(lateOld, accepted()));
        book.positive("pending-device-does-not-confirm")
                .rule(Rules.KEY_PROVISIONAL)
                .flags(StateFlags.NEW_KEY, StateFlags.PENDING_DEVICE)
                .comment(
                        "A pending device's request is not accepted, so its new key is not confirmed and ends at its time.")
                .steps(Scenario.verifier(
                                withKeys(current("a"), provisional("a2", 100)).withStatus("pending"))
                        .verify(newKey, rejected(Reason.DEVICE_PENDING))
                        .verify(newKey.at(101), rejected(Reason.INVALID_SIGNATURE)));
        book.positive("read-confirms-too")
                .rule(Rules.KEY_PROVISIONAL)
                .flags(StateFlags.NEW_KEY, StateFlags.READ_METHOD, StateFlags.WRITES_ONLY)
                .comment(
                        "A read that is not claimed is accepted all the same, and confirms: the new key has no end any more.")
                .steps(Scenario.verifier(Settings.writesOnly(), withKeys(current("a"), provisional("a2", 100)))
                        .verify(Draft.get("/v1/state").key("a2"), accepted())
                        .verify(newKey.at(101), accepted()));
    }

    private void previousKeys() {
        Scenario old = Scenario.verifier(withKeys(current("a2"), previous("a", 100)));
        book.positive("previous-in-its-last-second")
                .rule(Rules.KEY_PREVIOUS)
                .flags(StateFlags.OLD_KEY, StateFlags.AT_THE_EDGE)
                .comment("The last second in which the previous key counts.")
                .steps(old.verify(FIRST.at(100), accepted()));
        book.negative("previous-past-its-end")
                .rule(Rules.KEY_PREVIOUS)
                .flags(StateFlags.OLD_KEY, StateFlags.PAST_THE_EDGE)
                .from("previous-in-its-last-second")
                .difference("It arrives one second later.")
                .comment("A previous key past its end is no key, and the answer says nothing else.")
                .steps(old.verify(FIRST.at(101), rejected(Reason.INVALID_SIGNATURE)));
        book.positive("current-beside-an-ended-previous")
                .rule(Rules.KEY_PREVIOUS)
                .flags(StateFlags.OLD_KEY, StateFlags.PAST_THE_EDGE)
                .comment("That the previous key has ended does not touch the current one.")
                .steps(old.verify(FIRST.key("a2").at(101), accepted()));
    }

    private void retiredKeys() {
        Scenario device = Scenario.verifier(withKeys(current("a2"), retired("a"), retired("a0")));
        book.positive("current-beside-retired")
                .rule(Rules.KEY_RETIRED)
                .flags(StateFlags.RETIRED_KEY)
                .comment("A device that has had other keys before signs with its current one.")
                .steps(device.verify(FIRST.key("a2"), accepted()));
        book.negative("retired")
                .rule(Rules.KEY_RETIRED)
                .flags(StateFlags.RETIRED_KEY)
                .from("current-beside-retired")
                .difference("Signed by a retired key.")
                .comment("A retired key signs nothing, and gets no answer of its own.")
                .steps(device.verify(FIRST, rejected(Reason.INVALID_SIGNATURE)));
        book.negative("retired-long-ago")
                .rule(Rules.KEY_RETIRED)
                .flags(StateFlags.RETIRED_KEY, StateFlags.LONG_AFTER)
                .from("current-beside-retired")
                .difference("Signed by the key before the retired one.")
                .comment("However many keys a device has had, only the living ones sign.")
                .steps(device.verify(FIRST.key("a0"), rejected(Reason.INVALID_SIGNATURE)));
        Scenario changed = Scenario.verifier().verify(FIRST, accepted());
        book.negative("key-after-it-was-replaced")
                .rule(Rules.KEY_RETIRED)
                .flags(StateFlags.RETIRED_KEY, StateFlags.RECORD_CHANGES)
                .from("replay-nonces/two-requests")
                .difference("Between the two the device is registered again with a new key.")
                .comment("An attested replacement retires the old key at once.")
                .steps(changed.devices(withKeys(current("a2"), retired("a")))
                        .verify(SECOND, rejected(Reason.INVALID_SIGNATURE)));
        book.positive("replacement-signs-at-once")
                .rule(Rules.KEY_CURRENT)
                .flags(StateFlags.RECORD_CHANGES)
                .comment("The new key of a replacement counts from the first request on.")
                .steps(changed.devices(withKeys(current("a2"), retired("a"))).verify(SECOND.key("a2"), accepted()));
    }

    private void invalidatedKeys() {
        Scenario device = Scenario.verifier(Devices.invalidated());
        book.negative("invalidated")
                .rule(Rules.KEY_INVALIDATED)
                .flags(StateFlags.INVALIDATED_KEY)
                .from("current")
                .difference("The operator has asked for a new key.")
                .comment(
                        "The old key may sign a rotation and no request. The answer says so, and the client rotates at once.")
                .steps(device.verify(FIRST, rejected(Reason.KEY_INVALIDATED)));
        Scenario withNewKey = Scenario.verifier(withKeys(invalidated("a"), provisional("a2", Devices.DAY)));
        book.positive("new-key-beside-invalidated")
                .rule(Rules.KEY_INVALIDATED)
                .flags(StateFlags.INVALIDATED_KEY, StateFlags.NEW_KEY)
                .comment("The new key that was asked for signs, and is confirmed.")
                .steps(withNewKey.verify(FIRST.key("a2"), accepted()));
        book.negative("invalidated-beside-new-key")
                .rule(Rules.KEY_INVALIDATED)
                .flags(StateFlags.INVALIDATED_KEY, StateFlags.NEW_KEY)
                .from("new-key-beside-invalidated")
                .difference("Signed by the old key.")
                .comment("Until the new key is confirmed, the answer to the old one asks for a rotation.")
                .steps(withNewKey.verify(FIRST, rejected(Reason.KEY_INVALIDATED)));
        book.negative("stranger-on-an-invalidated-key")
                .rule(Rules.KEY_INVALIDATED)
                .flags(StateFlags.INVALIDATED_KEY, StateFlags.FOREIGN_KEY)
                .from("new-key-beside-invalidated")
                .difference("Signed by a key that no device has.")
                .comment(
                        "KEY_INVALIDATED is said only under a signature valid for that very key. Strangers learn nothing.")
                .steps(withNewKey.verify(FIRST.key(STRANGER), rejected(Reason.INVALID_SIGNATURE)));
        Scenario confirmed = withNewKey.verify(FIRST.key("a2"), accepted());
        book.positive("new-key-goes-on-after-invalidation")
                .rule(Rules.KEY_INVALIDATED)
                .flags(StateFlags.INVALIDATED_KEY, StateFlags.NEW_KEY, StateFlags.LONG_AFTER)
                .comment("Two requests under the new key, which is current since the first.")
                .steps(confirmed.verify(SECOND.key("a2"), accepted()));
        book.negative("invalidated-key-after-confirmation")
                .rule(Rules.KEY_INVALIDATED)
                .flags(StateFlags.INVALIDATED_KEY, StateFlags.RETIRED_KEY)
                .from("new-key-goes-on-after-invalidation")
                .difference("The second request is signed by the old key.")
                .comment("The confirmation retired the invalidated key. It does not become the previous one.")
                .steps(confirmed.verify(SECOND, rejected(Reason.INVALID_SIGNATURE)));
        Draft late = FIRST.dated(Devices.DAY + 1).at(Devices.DAY + 1);
        book.positive("a-day-later")
                .rule(Rules.KEY_INVALIDATED)
                .flags(StateFlags.LONG_AFTER)
                .comment("A key that nobody invalidated has no end.")
                .accepts(late);
        book.negative("invalidated-past-its-end")
                .rule(Rules.KEY_INVALIDATED)
                .flags(StateFlags.INVALIDATED_KEY, StateFlags.PAST_THE_EDGE)
                .from("a-day-later")
                .difference("The operator asked for a new key a day and a second ago.")
                .comment("The end of an invalidated key limits its rotations. Requests still get KEY_INVALIDATED.")
                .steps(device.verify(late, rejected(Reason.KEY_INVALIDATED)));
    }

    private void pendingDevices() {
        Scenario pending = Scenario.verifier(Devices.pending());
        book.positive("activated")
                .rule(Rules.DEVICE_PENDING)
                .flags(StateFlags.PENDING_DEVICE, StateFlags.RECORD_CHANGES)
                .comment("Approved before its first request.")
                .steps(pending.devices(DeviceTemplate.active("a")).verify(FIRST, accepted()));
        book.negative("pending")
                .rule(Rules.DEVICE_PENDING)
                .flags(StateFlags.PENDING_DEVICE)
                .from("activated")
                .difference("The device is not approved.")
                .comment("503, because that may be different in a minute, and on 401 clients would give up.")
                .steps(pending.verify(FIRST, rejected(Reason.DEVICE_PENDING)));
        book.negative("pending-bad-signature")
                .rule(Rules.DEVICE_PENDING)
                .flags(StateFlags.PENDING_DEVICE, StateFlags.BAD_SIGNATURE)
                .from("replay-claims/pending-burns-nothing")
                .difference("The first request is signed by a key that no device has.")
                .comment("An answer says that a device is pending only under a valid signature.")
                .steps(pending.verify(FIRST.key(STRANGER), rejected(Reason.INVALID_SIGNATURE))
                        .devices(DeviceTemplate.active("a"))
                        .verify(FIRST, accepted()));
    }

    private void revokedDevices() {
        Scenario before = Scenario.verifier().verify(FIRST, accepted());
        book.negative("after-revocation")
                .rule(Rules.DEVICE_REVOKED)
                .flags(StateFlags.REVOKED_DEVICE, StateFlags.RECORD_CHANGES)
                .from("replay-nonces/two-requests")
                .difference("The device is revoked between the two.")
                .comment("From then on nothing that it signs counts.")
                .steps(before.devices(Devices.revoked()).verify(SECOND, rejected(Reason.DEVICE_REVOKED)));
        book.negative("revoked")
                .rule(Rules.DEVICE_REVOKED)
                .flags(StateFlags.REVOKED_DEVICE)
                .from("current")
                .difference("The device is revoked.")
                .comment("Its owner, whose signature is valid, learns it.")
                .steps(Scenario.verifier(Devices.revoked()).verify(FIRST, rejected(Reason.DEVICE_REVOKED)));
        Scenario others = Scenario.verifier(Devices.revoked(), DeviceTemplate.active("b"));
        book.positive("neighbour-of-a-revoked-device")
                .rule(Rules.DEVICE_REVOKED)
                .flags(StateFlags.REVOKED_DEVICE, StateFlags.OTHER_DEVICE)
                .comment("Another device is not concerned.")
                .steps(others.verify(FIRST.device("b"), accepted()));
        Scenario allKeys = Scenario.verifier(
                withKeys(current("a"), provisional("a2", Devices.DAY), previous("a0", Devices.DAY), retired("a9"))
                        .withStatus("revoked"));
        DeviceTemplate alive =
                withKeys(current("a"), provisional("a2", Devices.DAY), previous("a0", Devices.DAY), retired("a9"));
        revokedKey("provisional", "a2", alive, allKeys, Reason.DEVICE_REVOKED, "A rotation is revoked along.");
        revokedKey("previous", "a0", alive, allKeys, Reason.DEVICE_REVOKED, "Every living key is.");
        Scenario aliveScenario = Scenario.verifier(alive);
        book.positive("not-revoked-with-four-keys")
                .rule(Rules.DEVICE_REVOKED)
                .flags(StateFlags.THREE_KEYS)
                .comment("The current key of a device with three living keys and a retired one.")
                .steps(aliveScenario.verify(FIRST, accepted()));
        book.positive("revoked-with-four-keys")
                .rule(Rules.DEVICE_REVOKED)
                .flags(StateFlags.REVOKED_DEVICE, StateFlags.THREE_KEYS)
                .comment("Signed by the current key: the device's owner learns it.")
                .steps(allKeys.verify(FIRST, rejected(Reason.DEVICE_REVOKED)));
        book.negative("revoked-retired-key")
                .rule(Rules.DEVICE_REVOKED)
                .flags(StateFlags.REVOKED_DEVICE, StateFlags.RETIRED_KEY)
                .from("revoked-with-four-keys")
                .difference("Signed by a retired key.")
                .comment("A retired key is no key, so its holder does not learn that the device is revoked.")
                .steps(allKeys.verify(FIRST.key("a9"), rejected(Reason.INVALID_SIGNATURE)));
        book.negative("revoked-stranger")
                .rule(Rules.DEVICE_REVOKED)
                .flags(StateFlags.REVOKED_DEVICE, StateFlags.FOREIGN_KEY)
                .from("revoked-with-four-keys")
                .difference("Signed by a key that no device has.")
                .comment("An answer says that a device is revoked only under a valid signature.")
                .steps(allKeys.verify(FIRST.key(STRANGER), rejected(Reason.INVALID_SIGNATURE)));
    }

    private void revokedKey(
            String state, String key, DeviceTemplate alive, Scenario revoked, Reason reason, String comment) {
        book.positive("not-revoked-" + state)
                .rule(Rules.DEVICE_REVOKED)
                .flags(StateFlags.THREE_KEYS)
                .comment("The " + state + " key of an active device signs.")
                .steps(Scenario.verifier(alive).verify(FIRST.key(key), accepted()));
        book.negative("revoked-" + state)
                .rule(Rules.DEVICE_REVOKED)
                .flags(StateFlags.REVOKED_DEVICE, StateFlags.THREE_KEYS)
                .from("not-revoked-" + state)
                .difference("The device is revoked.")
                .comment(comment)
                .steps(revoked.verify(FIRST.key(key), rejected(reason)));
    }

    private void reinstated() {
        DeviceTemplate back = withKeys(current("a2"), retired("a"));
        Scenario revoked = Scenario.verifier()
                .verify(FIRST, accepted())
                .devices(Devices.revoked())
                .verify(SECOND, rejected(Reason.DEVICE_REVOKED))
                .devices(back);
        Draft third = FIRST.nonce("3").key("a2");
        book.positive("lives-again-with-a-new-key")
                .rule(Rules.DEVICE_REVOKED)
                .flags(StateFlags.REVOKED_DEVICE, StateFlags.RECORD_CHANGES)
                .comment("A revoked device lives again through a key that was never used.")
                .steps(revoked.verify(third, accepted()));
        book.negative("lives-again-not-with-the-old-key")
                .rule(Rules.DEVICE_REVOKED)
                .flags(StateFlags.REVOKED_DEVICE, StateFlags.RECORD_CHANGES, StateFlags.RETIRED_KEY)
                .from("lives-again-with-a-new-key")
                .difference("The last request is signed by the key of before.")
                .comment("The key that was revoked never returns.")
                .steps(revoked.verify(third.key("a"), rejected(Reason.INVALID_SIGNATURE)));
        book.negative("lives-again-with-its-old-claims")
                .rule(Rules.DEVICE_REVOKED)
                .flags(StateFlags.RECORD_CHANGES, StateFlags.SAME_NONCE)
                .from("lives-again-with-a-new-key")
                .difference("The last request has the nonce of the first.")
                .comment("Claims are the device's and stay, whatever becomes of its record.")
                .steps(revoked.verify(third.nonce("1"), rejected(Reason.NONCE_REPLAY)));
        Scenario touched = Scenario.verifier().verify(FIRST, accepted()).devices(DeviceTemplate.active("a"));
        book.positive("record-written-again")
                .rule(Rules.REPLAY_IDENTITY)
                .flags(StateFlags.RECORD_CHANGES)
                .comment("The same record is written again between two requests.")
                .steps(touched.verify(SECOND, accepted()));
        book.negative("record-written-again-copy")
                .rule(Rules.REPLAY_IDENTITY)
                .flags(StateFlags.RECORD_CHANGES, StateFlags.SAME_NONCE)
                .from("record-written-again")
                .difference("The second request has the first one's nonce.")
                .comment("Writing a record forgets no claim.")
                .steps(touched.verify(SECOND.nonce("1"), rejected(Reason.NONCE_REPLAY)));
    }

    /** Two faults at once: the one that the answer names. From each, taking away a fault shows the other. */
    private void orderAtTheEnd() {
        Draft late = FIRST.arriving(0, 301L);
        ObjectNode stale = rejected(Reason.CLOCK_SKEW);
        order.answered(
                "bad-signature-before-stale",
                StateFlags.BAD_SIGNATURE,
                "A bad signature whose body ended too late.",
                Scenario.verifier().verify(late.key(STRANGER), rejected(Reason.INVALID_SIGNATURE)));
        order.answered(
                        "unknown-device-before-stale",
                        StateFlags.UNKNOWN_DEVICE,
                        "An unknown device whose body ended too late gets the answer of a bad signature.",
                        Scenario.verifier(DeviceTemplate.active("b")).verify(late, rejected(Reason.UNKNOWN_DEVICE)))
                .without(
                        "stale-with-a-known-device",
                        "The device is known.",
                        Scenario.verifier(DeviceTemplate.active("b"), DeviceTemplate.active("a"))
                                .verify(late, stale));
        Scenario oldKey = Scenario.verifier(withKeys(current("a2"), previous("a", 300)));
        order.answered(
                        "ended-key-before-stale",
                        StateFlags.OLD_KEY,
                        "The key's last second and the window's are over when the body ends. A key past its end is no key, so the signature is bad.",
                        oldKey.verify(late, rejected(Reason.INVALID_SIGNATURE)))
                .without(
                        "stale-with-a-living-key",
                        "The key lives one second longer.",
                        Scenario.verifier(withKeys(current("a2"), previous("a", 301)))
                                .verify(late, stale));
        order.answered(
                        "stale-before-revoked",
                        StateFlags.REVOKED_DEVICE,
                        "A revoked device whose body ended too late: the clock is judged before the device.",
                        Scenario.verifier(Devices.revoked()).verify(late, stale))
                .without(
                        "revoked-in-time",
                        "The body ends one second earlier.",
                        Scenario.verifier(Devices.revoked())
                                .verify(FIRST.arriving(0, 300L), rejected(Reason.DEVICE_REVOKED)));
        order.answered(
                        "stale-before-pending",
                        StateFlags.PENDING_DEVICE,
                        "A pending device whose body ended too late: the clock is judged before the device.",
                        Scenario.verifier(Devices.pending()).verify(late, stale))
                .without(
                        "pending-in-time",
                        "The body ends one second earlier.",
                        Scenario.verifier(Devices.pending())
                                .verify(FIRST.arriving(0, 300L), rejected(Reason.DEVICE_PENDING)));
        order.answered(
                        "stale-before-invalidated",
                        StateFlags.INVALIDATED_KEY,
                        "An invalidated key's request whose body ended too late: the clock is judged before the key.",
                        Scenario.verifier(Devices.invalidated()).verify(late, stale))
                .without(
                        "invalidated-in-time",
                        "The body ends one second earlier.",
                        Scenario.verifier(Devices.invalidated())
                                .verify(FIRST.arriving(0, 300L), rejected(Reason.KEY_INVALIDATED)));
        Scenario once = Scenario.verifier().verify(FIRST, accepted());
        order.answered(
                        "stale-before-replay",
                        StateFlags.SAME_REQUEST,
                        "A copy whose body ended too late: the clock is judged before the claim.",
                        once.verify(late, stale))
                .without(
                        "replay-in-time",
                        "The copy's body ends one second earlier.",
                        once.verify(FIRST.arriving(0, 300L), rejected(Reason.NONCE_REPLAY)));
        beforeReplay("revoked", StateFlags.REVOKED_DEVICE, Devices.revoked(), Reason.DEVICE_REVOKED);
        beforeReplay("pending", StateFlags.PENDING_DEVICE, Devices.pending(), Reason.DEVICE_PENDING);
        beforeReplay("invalidated", StateFlags.INVALIDATED_KEY, Devices.invalidated(), Reason.KEY_INVALIDATED);
        order.answered(
                "revoked-before-invalidated",
                StateFlags.REVOKED_DEVICE,
                "A revoked device with an invalidated key: the device is judged before the key, for no rotation helps it.",
                Scenario.verifier(Devices.invalidated().withStatus("revoked"))
                        .verify(FIRST, rejected(Reason.DEVICE_REVOKED)));
        order.answered(
                "pending-before-invalidated",
                StateFlags.PENDING_DEVICE,
                "A pending device with an invalidated key: the device is judged before the key.",
                Scenario.verifier(Devices.invalidated().withStatus("pending"))
                        .verify(FIRST, rejected(Reason.DEVICE_PENDING)));
        order.answered(
                        "stale-head-before-bad-signature",
                        StateFlags.BAD_SIGNATURE,
                        "Stale with its head, and badly signed: what does not depend on stored data is answered at once.",
                        Scenario.verifier().verify(FIRST.key(STRANGER).at(301), stale))
                .without(
                        "bad-signature-with-a-fresh-head",
                        "The head arrives one second earlier.",
                        Scenario.verifier().verify(FIRST.key(STRANGER).at(300), rejected(Reason.INVALID_SIGNATURE)));
    }

    private void beforeReplay(String name, Flag flag, DeviceTemplate changed, Reason reason) {
        Scenario once = Scenario.verifier().verify(FIRST, accepted());
        order.answered(
                name + "-before-replay",
                flag,
                "A copy of an accepted request, after the record changed: states are judged before the claim.",
                once.devices(changed).verify(FIRST, rejected(reason)));
    }
}
