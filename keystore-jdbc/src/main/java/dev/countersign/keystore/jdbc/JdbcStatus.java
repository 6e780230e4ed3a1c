package dev.countersign.keystore.jdbc;

/**
 * What a {@link JdbcKeyStore} has seen of its database since it was built. Immutable.
 *
 * @param statementsMeetOthers whether a call has failed because its statements were run on other connections, or met those of
 *     another client: behind PgBouncer in transaction mode set {@code prepareThreshold=0} in the URL. Stays true
 */
public record JdbcStatus(boolean statementsMeetOthers) {}
