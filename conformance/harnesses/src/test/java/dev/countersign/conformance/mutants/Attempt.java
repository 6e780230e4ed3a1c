package dev.countersign.conformance.mutants;

import dev.countersign.conformance.mutants.ObviousRequests.Head;
import dev.countersign.conformance.mutants.ObviousRequests.Request;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A request on its way to a verdict, with what is known of it so far. */
final class Attempt {
    final Request request;

    /** The server's clock: as read with the head, and later as read with the end of the body. */
    long now;

    /** The verdict, once it is a rejection. */
    @Nullable Reason rejection;

    private @Nullable Head head;
    private @Nullable String method;
    private @Nullable String path;
    private @Nullable Device device;
    private @Nullable DeviceKey key;
    private @Nullable String signedPath;

    Attempt(Request request) {
        this.request = request;
        now = request.headAt();
    }

    void arrived(Head itsHead, String itsMethod, String itsPath) {
        head = itsHead;
        method = itsMethod;
        path = itsPath;
    }

    void found(Device itsDevice) {
        device = itsDevice;
    }

    void verified(DeviceKey itsKey, String itsSignedPath) {
        key = itsKey;
        signedPath = itsSignedPath;
    }

    Head head() {
        return Objects.requireNonNull(head);
    }

    String method() {
        return Objects.requireNonNull(method);
    }

    String path() {
        return Objects.requireNonNull(path);
    }

    Device device() {
        return Objects.requireNonNull(device);
    }

    DeviceKey key() {
        return Objects.requireNonNull(key);
    }

    String signedPath() {
        return Objects.requireNonNull(signedPath);
    }
}
