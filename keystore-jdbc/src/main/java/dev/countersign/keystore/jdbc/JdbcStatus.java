package dev.countersign.keystore.jdbc;

import dev.countersign.api.store.StoreStatus;

/**
 * How a {@link JdbcKeyStore} is doing, by its own calls: it is available if the last one that the database answered or failed
 * was answered, and its reason is what that call failed with. A store that is not called learns nothing; a key cache calls it
 * every second. Calls that were refused because too many wait say nothing. Made by the store only. Immutable and thread-safe.
 */
public final class JdbcStatus extends StoreStatus {
    private final boolean statementsMeetOthers;

    JdbcStatus(StoreStatus status, boolean statementsMeetOthers) {
        super(status);
        this.statementsMeetOthers = statementsMeetOthers;
    }

    /**
     * Whether a call has failed because its statements were run on other connections, or met those of another client. Before
     * PostgreSQL, behind PgBouncer in transaction mode, set {@code prepareThreshold=0} in the URL; before another database look for
     * a proxy or pooler in between that mixes the statements of its clients. Stays true.
     */
    public boolean statementsMeetOthers() {
        return statementsMeetOthers;
    }
}
