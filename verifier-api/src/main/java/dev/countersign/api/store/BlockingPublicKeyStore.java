package dev.countersign.api.store;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import java.time.Instant;
import java.util.Optional;

/**
 * A {@link PublicKeyStore} whose calls block; see {@link PublicKeyStore#fromBlocking}. Any exception means
 * "unavailable".
 */
public interface BlockingPublicKeyStore extends AutoCloseable {
    /** As {@link PublicKeyStore#find}. */
    Optional<DeviceRecord> find(DeviceIdentity claimed) throws Exception;

    /** As {@link PublicKeyStore#confirm}. */
    boolean confirm(DeviceIdentity device, DevicePublicKey key, Instant at) throws Exception;

    /** As {@link PublicKeyStore#cursor}. */
    long cursor() throws Exception;

    /** As {@link PublicKeyStore#changesSince}. */
    DeviceChanges changesSince(long cursor) throws Exception;

    /** As {@link PublicKeyStore#status}; must not block. */
    default StoreStatus status() {
        return StoreStatus.unknown();
    }

    @Override
    void close();
}
