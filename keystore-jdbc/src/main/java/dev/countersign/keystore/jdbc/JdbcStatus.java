package dev.countersign.keystore.jdbc;

import dev.countersign.api.store.StoreStatus;

/**
 * The status of a {@link JdbcKeyStore}, from the result of its last call of the database: available if the call
 * succeeded, else unavailable, with the failure as reason. The status does not change while the store is not called; a
 * key cache calls it every second. Calls that were refused because too many wait do not count. Made by the store only.
 * Immutable and thread-safe.
 */
public final class JdbcStatus extends StoreStatus {
    private final boolean statementsMeetOthers;

    JdbcStatus(StoreStatus status, boolean statementsMeetOthers) {
        super(status);
        this.statementsMeetOthers = statementsMeetOthers;
    }

    /**
     * Whether a call has failed because a proxy or pooler mixes the statements of its clients. With PostgreSQL behind
     * PgBouncer in transaction mode, set {@code prepareThreshold=0} in the URL. With another database, look for such a
     * proxy or pooler. Stays true.
     */
    public boolean statementsMeetOthers() {
        return statementsMeetOthers;
    }
}
