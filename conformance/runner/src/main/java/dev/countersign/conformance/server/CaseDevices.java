package dev.countersign.conformance.server;

import dev.countersign.conformance.runner.Shown;
import dev.countersign.conformance.signing.DeviceTemplate;
import dev.countersign.conformance.signing.Names;
import dev.countersign.conformance.signing.TemplateText;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** The devices that one case has registered, and how to change them with nothing but registering and revoking. */
final class CaseDevices {
    private static final Pattern UUID = Pattern.compile("[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}");
    private static final int OK = 200;
    private static final int CREATED = 201;
    private static final int NO_CONTENT = 204;
    private static final int BAD_REQUEST = 400;

    private final DeviceAdministration administration;
    private final Names names;
    private final Map<Ids, State> known = new LinkedHashMap<>();
    private final Map<String, Ids> ownerOfKey = new HashMap<>();

    CaseDevices(DeviceAdministration administration, Names names) {
        this.administration = administration;
        this.names = names;
    }

    private record Ids(String app, String device) {}

    private record State(String key, boolean revoked) {}

    /** Why a device can never be brought about by registering and revoking; empty if it can. */
    static Optional<String> cannotBe(DeviceTemplate device) {
        if (!device.status().equals("active") && !device.status().equals("revoked")) {
            return Optional.of("the server cannot be given a " + device.status() + " device");
        }
        for (DeviceTemplate.Key key : device.keys()) {
            if (!key.state().equals("current")) {
                return Optional.of("the server cannot be given a key that is " + key.state());
            }
            if (key.notAfter() != null) {
                return Optional.of("the server cannot be given a key that ends");
            }
        }
        return device.keys().size() == 1
                ? Optional.empty()
                : Optional.of("the server cannot be given a device with "
                        + device.keys().size() + " keys");
    }

    /**
     * Registers a device, or changes it.
     *
     * @throws UnreachableStateException if that is not to be had
     * @throws RegistrationException if it should have worked
     */
    void put(DeviceTemplate template, TimeLimit limit)
            throws IOException, UnreachableStateException, RegistrationException {
        String why = cannotBe(template).orElse(null);
        if (why != null) {
            throw new UnreachableStateException(why);
        }
        String device = TemplateText.resolve(template.deviceId(), names);
        Ids ids = new Ids(
                TemplateText.resolve(template.appId(), names),
                UUID.matcher(device).matches() ? device.toLowerCase(Locale.ROOT) : device);
        String key = template.keys().get(0).key();
        State wanted = new State(key, template.status().equals("revoked"));
        State state = known.get(ids);
        if (wanted.equals(state)) {
            return;
        }
        if (state == null || !state.key().equals(key)) {
            if (ownerOfKey.putIfAbsent(key, ids) != null) {
                throw new UnreachableStateException(
                        "a public key belongs to one device once: the server refuses a second time");
            }
            if (state != null && !state.revoked()) {
                revoke(ids, limit);
            }
            register(ids, device, key, limit);
        } else if (state.revoked()) {
            throw new UnreachableStateException("a revoked device lives again only with a new key");
        }
        known.put(ids, new State(key, false));
        if (wanted.revoked()) {
            revoke(ids, limit);
            known.put(ids, wanted);
        }
    }

    /** Revokes what is still active. */
    void revokeAll(TimeLimit limit) throws IOException {
        for (Map.Entry<Ids, State> entry : known.entrySet()) {
            if (!entry.getValue().revoked()) {
                HttpAnswer ignored = administration.revoke(
                        entry.getKey().app(), entry.getKey().device(), limit);
            }
        }
        known.clear();
    }

    private void register(Ids ids, String device, String key, TimeLimit limit)
            throws IOException, UnreachableStateException, RegistrationException {
        HttpAnswer answer = administration.register(ids.app(), device, names.key(key), limit);
        if (answer.status() == BAD_REQUEST) {
            throw new UnreachableStateException("the server registers no device with such ids");
        }
        if (answer.status() != OK && answer.status() != CREATED) {
            throw new RegistrationException("registering a device was answered with " + answer.status()
                    + answer.publicCode().map(code -> " " + Shown.excerpt(code)).orElse(""));
        }
    }

    private void revoke(Ids ids, TimeLimit limit) throws IOException, RegistrationException {
        HttpAnswer answer = administration.revoke(ids.app(), ids.device(), limit);
        if (answer.status() != OK && answer.status() != NO_CONTENT) {
            throw new RegistrationException("revoking a device was answered with " + answer.status()
                    + answer.publicCode().map(code -> " " + Shown.excerpt(code)).orElse(""));
        }
    }
}
