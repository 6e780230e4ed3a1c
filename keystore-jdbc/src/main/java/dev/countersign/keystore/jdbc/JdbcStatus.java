package dev.countersign.keystore.jdbc;

/**
 * What a {@link JdbcKeyStore} has seen of its database since it was built. Immutable.
 *
 * @param statementsMeetOthers whether a call has failed because its statements were run on other connections, or met those of
 *     another client. Before PostgreSQL, behind PgBouncer in transaction mode, set {@code prepareThreshold=0} in the URL;
 *     before another database look for a proxy or pooler in between that mixes the statements of its clients. Stays true
 */
public record JdbcStatus(boolean statementsMeetOthers) {}
