package dev.countersign.keystore.jdbc.table;

import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.store.ErasedDevice;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** What changed after a version, in one query. */
public final class ChangeFeed {
    /** In the place of a status, in the feed: an erased device, and the version up to which erasures were dropped. */
    private static final String ERASED = "ERASED";

    private static final String DROPPED = "DROPPED";

    private ChangeFeed() {}

    /**
     * The change feed's query, and how many changes it is for. Their number is a part of the query: a planner that
     * takes it for a parameter expects a tenth of all devices, and reads all keys to join them.
     */
    public record Feed(String query, int limit) {}

    /**
     * The query for at most so many changes after a version: devices with their keys, erasures, and the version up to
     * which erasures were dropped. One statement, so that all of it is of one snapshot.
     */
    public static Feed changed(int limit) {
        String first = " WHERE version > ? ORDER BY version LIMIT " + limit + ")";
        return new Feed(
                // The keys are joined to the devices alone: a planner knows how many these are.
                "(" + DeviceRows.COLUMNS + DeviceRows.FROM_SOME_DEVICES + first + " d" + DeviceRows.LIVE_KEYS + ")"
                        + " UNION ALL (SELECT app_id, device_id, '" + ERASED + "', version, NULL, NULL, NULL"
                        + " FROM countersign_erased" + first
                        + " UNION ALL (SELECT NULL, NULL, '" + DROPPED + "', purged_version, NULL, NULL, NULL"
                        + " FROM countersign_erasure WHERE id = 1 AND purged_version > ?) ORDER BY 4",
                limit);
    }

    /** What the query finds to have changed after the version. */
    public static ChangePage changedAfter(Connection connection, Feed feed, long version) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(feed.query)) {
            for (int i = 1; i <= 3; i++) {
                statement.setLong(i, version);
            }
            List<DeviceRecord> records = new ArrayList<>();
            List<ErasedDevice> erased = new ArrayList<>();
            long dropped = 0;
            try (ResultSet rows = statement.executeQuery()) {
                boolean more = rows.next();
                while (more) {
                    String status = rows.getString(3);
                    boolean isDropped = status.equals(DROPPED);
                    if (!isDropped && records.size() + erased.size() == feed.limit) {
                        break; // each of the two is complete up to its own last one only
                    }
                    if (isDropped) {
                        dropped = rows.getLong(4);
                        more = rows.next();
                    } else if (status.equals(ERASED)) {
                        erased.add(ErasedDevice.of(DeviceRows.identity(rows), rows.getLong(4)));
                        more = rows.next();
                    } else {
                        more = DeviceRows.readRecord(rows, records);
                    }
                }
                while (more && dropped == 0) {
                    dropped = rows.getString(3).equals(DROPPED) ? rows.getLong(4) : 0;
                    more = rows.next();
                }
            }
            return new ChangePage(records, erased, dropped);
        }
    }
}
