package dev.countersign.keystore.jdbc.table;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.registry.AuditNote;
import dev.countersign.keystore.jdbc.connection.Counter;
import dev.countersign.keystore.jdbc.connection.Dialect;
import dev.countersign.keystore.jdbc.failure.StoreFailure;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of the rows of an erased device, and what the feed says of it for a while. What writes is called under
 * the counter's lock.
 *
 * <p>Keys and audit rows of the device stay, under a <em>stand-in</em> in place of its ids: an app id that is random
 * and the same for all devices of this database, and a keyed hash. A stand-in has the form of ids, so that a release
 * that knows nothing of erasures takes the key for another device's, as it should.
 */
public final class Erasures {
    /** The names of the audit's actions are 16 characters long at most. */
    public static final String ACTION = "erase";

    private static final String PREFIX = "erased-";
    private static final int APP_BYTES = 16;
    private static final int SECRET_BYTES = 32;

    private static final String STAND_IN = "SELECT stand_in_app, secret FROM countersign_erasure WHERE id = 1";
    private static final String MAKE_STAND_IN =
            "UPDATE countersign_erasure SET stand_in_app = ?, secret = ?" + " WHERE id = 1 AND stand_in_app IS NULL";
    private static final String DELETE_DEVICE = "DELETE FROM countersign_device WHERE app_id = ? AND device_id = ?";
    private static final String HIDE_KEYS = "UPDATE countersign_key"
            + " SET state = 'RETIRED', slot = NULL, not_after_ms = NULL, app_id = ?, device_id = ?"
            + " WHERE app_id = ? AND device_id = ?";
    private static final String HIDE_AUDIT =
            "UPDATE countersign_audit SET app_id = ?, device_id = ? WHERE app_id = ? AND device_id = ?";
    private static final String INSERT_ERASED =
            "INSERT INTO countersign_erased (version, at_ms, app_id, device_id) VALUES (?, ?, ?, ?)";
    private static final String LAST_OLD = "SELECT MAX(version) FROM countersign_erased WHERE at_ms < ?";
    private static final String DELETE_OLD = "DELETE FROM countersign_erased WHERE version <= ?";
    private static final String PURGED = "UPDATE countersign_erasure SET purged_version = ? WHERE id = 1";

    private static final SecureRandom RANDOM = new SecureRandom();

    private Erasures() {}

    /** What stands in for erased devices in this database. */
    public static final class StandIn {
        private final String appId;
        private final byte[] secret;

        private StandIn(String appId, byte[] secret) {
            this.appId = appId;
            this.secret = secret;
        }

        public boolean isErased(DeviceIdentity owner) {
            return owner.appId().equals(appId);
        }

        /** In place of this device: the length goes in, so that no two pairs of ids are hashed as the same bytes. */
        public DeviceIdentity of(DeviceIdentity device) {
            try {
                Mac mac = Mac.getInstance("HmacSHA256");
                mac.init(new SecretKeySpec(secret, "HmacSHA256"));
                mac.update((byte) device.appId().length());
                mac.update(DeviceRows.bytes(device.appId()));
                mac.update(DeviceRows.bytes(device.deviceId()));
                return new DeviceIdentity(appId, HexFormat.of().formatHex(mac.doFinal()));
            } catch (GeneralSecurityException impossible) {
                throw new IllegalStateException("every JDK has HMAC-SHA256", impossible);
            }
        }
    }

    /** Whether it is worth asking for the stand-in: most owners are no erased devices, and do not look like it. */
    public static boolean mayBeErased(DeviceIdentity owner) {
        return owner.appId().startsWith(PREFIX);
    }

    /** What stands in for erased devices, or null if none was erased yet. */
    public static @Nullable StandIn standIn(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(STAND_IN);
                ResultSet rows = statement.executeQuery()) {
            if (!rows.next()) {
                throw lostRow();
            }
            byte[] appId = rows.getBytes(1);
            byte[] secret = rows.getBytes(2);
            return appId == null || secret == null ? null : new StandIn(DeviceRows.text(appId), secret);
        }
    }

    /**
     * Takes the device out of all tables, its keys staying used, and writes that it was erased under the next version.
     * Also when its row is gone already and others still name it. Notes of its changes are dropped.
     *
     * @param note of the erasure itself, which stays; or null
     * @return whether there was anything of it
     */
    public static boolean erase(
            Connection connection,
            Dialect dialect,
            DeviceIdentity device,
            long lastVersion,
            Instant at,
            String actor,
            @Nullable AuditNote note)
            throws SQLException {
        StandIn standIn = standIn(connection);
        if (standIn == null) {
            standIn = makeStandIn(connection);
        }
        DeviceIdentity instead = standIn.of(device);
        int traces = update(connection, DELETE_DEVICE, device)
                + update(connection, HIDE_KEYS, instead, device)
                + update(connection, HIDE_AUDIT, instead, device);
        // Also where it was erased already: a release that knows no notes leaves them behind.
        AuditNotes.dropOf(connection, instead);
        if (traces == 0) {
            WrittenCheck.gone(connection, dialect, device, instead);
            return false;
        }
        long version = lastVersion + 1;
        Counter.count(connection, lastVersion, version);
        try (PreparedStatement statement = connection.prepareStatement(INSERT_ERASED)) {
            statement.setLong(1, version);
            statement.setLong(2, at.toEpochMilli());
            set(statement, 3, device);
            Counter.updateOne(statement);
        }
        DeviceWrites.audit(connection, version, instead, ACTION, at, actor);
        AuditNotes.write(connection, dialect, lastVersion, 1, note);
        WrittenCheck.erased(connection, dialect, device, instead, version);
        return true;
    }

    /**
     * Drops erasures of before that time, from the first on, so that what is left is all there was after the last one
     * dropped.
     *
     * @return how many
     */
    public static int purge(Connection connection, Dialect dialect, Instant before) throws SQLException {
        long last;
        try (PreparedStatement statement = connection.prepareStatement(LAST_OLD)) {
            statement.setLong(1, before.toEpochMilli());
            try (ResultSet rows = statement.executeQuery()) {
                if (!rows.next()) {
                    return 0;
                }
                last = rows.getLong(1);
                if (rows.wasNull()) {
                    return 0;
                }
            }
        }
        try (PreparedStatement statement = connection.prepareStatement(PURGED)) {
            statement.setLong(1, last);
            Counter.updateOne(statement);
        }
        try (PreparedStatement statement = connection.prepareStatement(DELETE_OLD)) {
            statement.setLong(1, last);
            int dropped = statement.executeUpdate();
            WrittenCheck.purged(connection, dialect, last);
            return dropped;
        }
    }

    private static StoreFailure lostRow() {
        return new StoreFailure(
                "the table countersign_erasure has lost its row: restore it, with its secret, from a backup");
    }

    private static StandIn makeStandIn(Connection connection) throws SQLException {
        byte[] app = new byte[APP_BYTES];
        byte[] secret = new byte[SECRET_BYTES];
        RANDOM.nextBytes(app);
        RANDOM.nextBytes(secret);
        StandIn made = new StandIn(PREFIX + HexFormat.of().formatHex(app), secret);
        try (PreparedStatement statement = connection.prepareStatement(MAKE_STAND_IN)) {
            statement.setBytes(1, DeviceRows.bytes(made.appId));
            statement.setBytes(2, secret);
            Counter.updateOne(statement);
        }
        return made;
    }

    private static int update(Connection connection, String sql, DeviceIdentity... devices) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < devices.length; i++) {
                set(statement, 1 + 2 * i, devices[i]);
            }
            return statement.executeUpdate();
        }
    }

    private static void set(PreparedStatement statement, int from, DeviceIdentity device) throws SQLException {
        statement.setBytes(from, DeviceRows.bytes(device.appId()));
        statement.setBytes(from + 1, DeviceRows.bytes(device.deviceId()));
    }
}
