package dev.countersign.keystore.jdbc;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.registry.AuditNote;
import dev.countersign.api.registry.DeviceLifecycle;
import dev.countersign.api.registry.KeyOwner;
import dev.countersign.api.registry.RegistryResult;
import dev.countersign.api.registry.RegistryResult.Outcome;
import dev.countersign.keystore.jdbc.connection.Transactions;
import dev.countersign.keystore.jdbc.table.AuditNotes;
import dev.countersign.keystore.jdbc.table.DeviceRows;
import dev.countersign.keystore.jdbc.table.DeviceTables;
import dev.countersign.keystore.jdbc.table.DeviceWrites;
import dev.countersign.keystore.jdbc.table.Erasures;
import dev.countersign.keystore.jdbc.table.WrittenCheck;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Changes of devices, each of which is one transaction on the calling thread. Thread-safe. */
final class Changes {
    private static final Duration PURGE_INTERVAL = Duration.ofHours(1);

    private final Transactions transactions;
    private final Clock clock;
    private final DeviceLifecycle lifecycle;
    private final String actor;
    private final Duration erasedFor;
    private volatile @Nullable Instant lastPurge;

    Changes(Transactions transactions, Clock clock, DeviceLifecycle lifecycle, String actor, Duration erasedFor) {
        this.transactions = transactions;
        this.clock = clock;
        this.lifecycle = lifecycle;
        this.actor = actor;
        this.erasedFor = erasedFor;
    }

    DeviceLifecycle lifecycle() {
        return lifecycle;
    }

    Transactions transactions() {
        return transactions;
    }

    Clock clock() {
        return clock;
    }

    String actor() {
        return actor;
    }

    /** One of the lifecycle's functions, with all that it may want to know. */
    interface Rule {
        RegistryResult apply(@Nullable DeviceRecord record, @Nullable KeyOwner owner, Instant now);
    }

    /**
     * Changes a device as the rule says.
     *
     * @param what is asked, for failures and the audit
     * @param newKey whose owner the rule wants to know, or null
     * @param note for the audit, or null
     */
    RegistryResult change(
            String what, DeviceIdentity device, @Nullable DevicePublicKey newKey, @Nullable AuditNote note, Rule rule) {
        return transactions.write(what, connection -> change(connection, what, device, newKey, note, rule));
    }

    private RegistryResult change(
            Connection connection,
            String what,
            DeviceIdentity device,
            @Nullable DevicePublicKey newKey,
            @Nullable AuditNote note,
            Rule rule)
            throws SQLException {
        long lastVersion = transactions.lock(connection);
        Instant now = clock.instant();
        purgeNowAndThen(connection, now);
        DeviceRecord before = DeviceTables.find(connection, device).orElse(null);
        KeyOwner owner = newKey == null
                ? null
                : DeviceTables.findOwner(connection, newKey, device, now).orElse(null);
        RegistryResult result = rule.apply(before, owner, now);
        DeviceRecord decided = result.record().orElse(null);
        if (!result.isChange() || decided == null) {
            return result;
        }
        DeviceRecord after = DeviceRows.asStored(decided, lastVersion + 1);
        DeviceWrites.write(connection, before, after, lastVersion);
        String action = result.outcome() == Outcome.REINSTATED ? "reinstate" : what;
        DeviceWrites.audit(connection, after.version(), device, action, now, actor);
        AuditNotes.write(connection, transactions.dialect(), lastVersion, 1, note);
        DeviceRecord stored = DeviceRows.withoutRetired(after);
        WrittenCheck.written(connection, transactions.dialect(), lastVersion, List.of(stored), false);
        return RegistryResult.of(result.outcome(), stored);
    }

    /**
     * Erases a device.
     *
     * @param note for the audit, or null; does not name the device
     */
    RegistryResult erase(DeviceIdentity device, @Nullable AuditNote note) {
        return transactions.write("erase", connection -> {
            long lastVersion = transactions.lock(connection);
            Instant now = clock.instant();
            purgeNowAndThen(connection, now);
            boolean erased = Erasures.erase(connection, transactions.dialect(), device, lastVersion, now, actor, note);
            return RegistryResult.of(erased ? Outcome.ERASED : Outcome.UNCHANGED);
        });
    }

    /** Drops the identities of devices that were erased long enough ago, and tells how many. */
    int forgetErased() {
        return transactions.write("forgetErased", connection -> {
            long ignored = transactions.lock(connection);
            return Erasures.purge(
                    connection, transactions.dialect(), clock.instant().minus(erasedFor));
        });
    }

    private void purgeNowAndThen(Connection connection, Instant now) throws SQLException {
        Instant last = lastPurge;
        if (last == null || Duration.between(last, now).abs().compareTo(PURGE_INTERVAL) >= 0) {
            int ignored = Erasures.purge(connection, transactions.dialect(), now.minus(erasedFor));
            lastPurge = now;
        }
    }
}
