package dev.countersign.servers;

/** A database server as processes of its own, on the loopback interface. Its data survive a restart. */
public interface DatabaseServer extends AutoCloseable {
    /** Where another database is that the tests may use: a JDBC URL with user and password in it. */
    String GIVEN = "COUNTERSIGN_TEST_JDBC_URL";

    /** The port it listens on, the same after a restart. */
    int port();

    /** The JDBC URL of a database of the server, through any port that leads to it; user and password are in it. */
    String jdbcUrl(String database, int throughPort);

    /** The JDBC URL of a database of the server. */
    default String jdbcUrl(String database) {
        return jdbcUrl(database, port());
    }

    /** Creates an empty database. */
    void createDatabase(String name);

    /** SIGKILL for all its processes; returns when they are gone. */
    void kill();

    /** Kills the server if it runs and starts it again on the same data; returns when it answers. */
    void restart();

    /** SIGSTOP for all its processes: they keep their connections and answer nothing. */
    void pause();

    /** SIGCONT for all its processes. */
    void resume();

    /** Ends the server and deletes its data. Idempotent. */
    @Override
    void close();
}
