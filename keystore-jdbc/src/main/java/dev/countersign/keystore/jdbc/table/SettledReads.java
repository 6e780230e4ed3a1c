package dev.countersign.keystore.jdbc.table;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.registry.DeviceListing;
import dev.countersign.api.registry.DevicePage;
import dev.countersign.keystore.jdbc.connection.Counter;
import dev.countersign.keystore.jdbc.connection.Dialect;
import dev.countersign.keystore.jdbc.connection.Transactions;
import dev.countersign.keystore.jdbc.failure.StoreFailure;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Queries that show a change only together with every change before it. Thread-safe.
 *
 * <p>Some databases put a snapshot together while transactions commit, so that it can show a change and lack the one
 * before it, although the later one waited for the earlier one's lock. But what a snapshot shows had committed before
 * it was complete, and so had everything before that: a snapshot that begins later has it all. So a version counts as
 * settled when an earlier snapshot has shown it, and what a query shows beyond that is read again. It never waits for a
 * writer, and costs a second query only where there is something new.
 */
public final class SettledReads {
    /** Each repetition needs a change that committed during the one before. */
    public static final int ATTEMPTS = 50;

    private final boolean alwaysSettled;

    /** A snapshot that is complete has shown it. */
    private final AtomicLong settled = new AtomicLong();

    public SettledReads(Dialect dialect) {
        this.alwaysSettled = dialect.showsCommitsInTheirOrder();
    }

    /** The device with its live keys. */
    public Optional<DeviceRecord> find(Connection connection, DeviceIdentity device) throws SQLException {
        long limit = settled.get();
        for (int attempt = 1; ; attempt++) {
            Optional<DeviceRecord> found = DeviceTables.find(connection, device);
            if (alwaysSettled || found.isEmpty() || found.get().version() <= limit) {
                return found;
            }
            limit = settle(connection, found.get().version(), attempt);
        }
    }

    /**
     * A page of an app's devices, each as {@link #find} would show it. A record that is not settled when the page is
     * read again is read by itself: where devices change all the time, a large page would never be settled as a whole.
     */
    public DevicePage list(Connection connection, DeviceListing listing) throws SQLException {
        long limit = settled.get();
        List<DeviceRecord> read = DeviceTables.list(connection, listing);
        if (!alwaysSettled && last(read) > limit) {
            limit = settle(connection, last(read), 1);
            read = DeviceTables.list(connection, listing);
        }
        boolean more = read.size() > listing.size();
        List<DeviceRecord> shown = more ? read.subList(0, listing.size()) : read;
        List<DeviceRecord> devices = new ArrayList<>(shown.size());
        for (DeviceRecord device : shown) {
            if (alwaysSettled || device.version() <= limit) {
                devices.add(device);
            } else {
                Transactions.endSnapshot(connection);
                find(connection, device.identity()).ifPresent(devices::add);
            }
        }
        // The position is that of the last device that was read, also if it was erased since.
        return more
                ? DevicePage.of(
                        devices, listing.after(shown.get(shown.size() - 1).identity()))
                : DevicePage.last(devices);
    }

    private static long last(List<DeviceRecord> devices) {
        return devices.stream().mapToLong(DeviceRecord::version).max().orElse(0);
    }

    /**
     * The first changes after a version: it has every change up to the last one in it. It is empty only if every change
     * that had committed before it began is at or below the version.
     *
     * @param feed from {@link ChangeFeed#changed}
     */
    public ChangePage changedAfter(Connection connection, ChangeFeed.Feed feed, long version) throws SQLException {
        long limit = settled.get();
        for (int attempt = 1; ; attempt++) {
            ChangePage changed = ChangeFeed.changedAfter(connection, feed, version);
            if (alwaysSettled || changed.isEmpty() || changed.last() <= limit) {
                return changed;
            }
            // A device that went on changing hides its earlier change behind a version that is not settled yet: an
            // answer
            // without any change would say that there is nothing.
            if (attempt > 1 && changed.first() <= limit) {
                return changed.upTo(limit);
            }
            limit = settle(connection, changed.last(), attempt);
        }
    }

    /** The last version whose transaction has committed. */
    public long lastVersion(Connection connection) throws SQLException {
        long last = Counter.lastVersion(connection);
        settled.set(last); // also downwards: the database may be another one now, which has lost changes
        return last;
    }

    private long settle(Connection connection, long shown, int attempt) throws SQLException {
        if (attempt == ATTEMPTS) {
            throw new StoreFailure("devices change faster than they can be read");
        }
        settled.accumulateAndGet(shown, Math::max);
        Transactions.endSnapshot(connection);
        return shown;
    }
}
