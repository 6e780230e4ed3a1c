package dev.countersign.keystore.jdbc;

import dev.countersign.api.device.KeyAttestation;
import dev.countersign.api.registry.DeviceLifecycle;
import dev.countersign.api.registry.DeviceRegistry;
import dev.countersign.api.registry.RegistryResult.Outcome;
import dev.countersign.api.store.PublicKeyStore;
import dev.countersign.api.store.StoreOverloadedException;
import dev.countersign.api.store.StoreStatus;
import dev.countersign.keystore.jdbc.connection.CallersTransaction;
import dev.countersign.keystore.jdbc.connection.Dialect;
import dev.countersign.keystore.jdbc.connection.H2Durability;
import dev.countersign.keystore.jdbc.connection.PoolSize;
import dev.countersign.keystore.jdbc.connection.PoolerProbe;
import dev.countersign.keystore.jdbc.connection.StatementLimit;
import dev.countersign.keystore.jdbc.connection.Transactions;
import dev.countersign.keystore.jdbc.failure.StoreFailure;
import dev.countersign.keystore.jdbc.lane.Lane;
import dev.countersign.keystore.jdbc.lane.Lanes;
import dev.countersign.keystore.jdbc.lane.WorkerPool;
import dev.countersign.keystore.jdbc.table.ChangeFeed;
import dev.countersign.keystore.jdbc.table.SettledReads;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.IntUnaryOperator;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Devices and their keys in a relational database: H2, PostgreSQL, MariaDB or MySQL, recognised from the connection.
 * Any number of nodes may have stores over one database. {@link #keys} is for a verifier or a cache, and
 * {@link #registry} for enrolment and administration:
 *
 * <pre>{@code
 * JdbcKeyStore store = JdbcKeyStore.builder(dataSource).actor("enrolment").build();
 * KeyCache cache = KeyCache.builder(store.keys()).build();
 * DeviceRegistry registry = store.registry();
 * }</pre>
 *
 * <p><b>Changes.</b> Each registry call is one transaction that follows {@link DeviceLifecycle}. The database enforces
 * that a key belongs to one device for ever, under any number of writers on any number of nodes. Writers wait for each
 * other. Lookups wait for no lock and take one query over an index. Records do not list retired keys.
 * {@link FleetImport} imports many devices at once.
 *
 * <p><b>Audit.</b> For each change, the table {@code countersign_audit} has the time, the kind of change, the device
 * and the service. The table {@code countersign_audit_note} has who asked for it and why, if {@link DeviceRegistry#as}
 * was used. Neither has key material.
 *
 * <p><b>Attestations</b> of keys are not stored yet: every key has {@link KeyAttestation#UNKNOWN}.
 *
 * <p><b>Isolation.</b> The {@code DataSource} may have any default isolation but read uncommitted. Changes run as read
 * committed; with that default they need two statements less. On MySQL and MariaDB this needs a binary log in the
 * format {@code ROW} or {@code MIXED}, which are their defaults; the builder refuses others. It also refuses a replica,
 * because the store must be able to write.
 *
 * <p><b>Failures.</b> If the connection breaks in a change, or the answer to its commit is lost, the call fails. The
 * change was then made completely or not at all. If only the database knows which, the failure says that the outcome is
 * unknown. Every call may be repeated: if the change was made, the answer is {@link Outcome#UNCHANGED}. A change is
 * read back before its commit.
 *
 * <p>The failure of a stage is a {@link StoreOverloadedException} if a queue or the given executor is full, else a
 * {@link JdbcKeyStoreException}. A verifier takes both for "unavailable". Neither shows key material or a whole device
 * id.
 *
 * <p><b>Threads.</b> Thread-safe. Every call runs on the given executor, or on the store's own threads (daemons named
 * {@code countersign-keys-…}). Lookups, changes and the change feed have separate threads and connections, and separate
 * bounded queues. So a connection is left for the feed however many lookups and changes wait or hang, and one for a
 * change however many lookups do. Actions that you attach to a stage without an executor may run on these threads and
 * must not block them. A call that the database does not answer in time fails and frees its thread.
 */
public final class JdbcKeyStore implements AutoCloseable {
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);
    private static final int FEED_PLACES = 1;
    /** One of so many places: changes wait for each other anyway, and lookups do not. */
    private static final int CHANGES_SHARE = 4;

    private static final int MIN_PLACES = 3;

    private final Lanes lanes;
    private final Changes changes;
    private final PublicKeyStore keys;
    private final DeviceRegistry registry;
    private final @Nullable WorkerPool ownPool;
    private volatile @Nullable StoreStatus closedStatus;

    private JdbcKeyStore(Builder builder, Transactions transactions, SettledReads reads) {
        Executor given = builder.executor;
        boolean own = given == null;
        this.ownPool = own ? new WorkerPool(builder.threads, CLOSE_LIMIT) : null;
        Executor executor = own ? Objects.requireNonNull(ownPool) : Objects.requireNonNull(given);
        int places = own ? builder.threads : builder.connections;
        int writing = Math.max(1, places / CHANGES_SHARE);
        int reading = places - FEED_PLACES - writing;
        IntUnaryOperator calls = running -> own ? running + builder.queueLength : builder.maxCalls;
        this.lanes = new Lanes(
                lane("lookups", executor, own, reading, calls.applyAsInt(reading)),
                lane("changes", executor, own, writing, calls.applyAsInt(writing)),
                lane("calls of the feed", executor, own, FEED_PLACES, calls.applyAsInt(FEED_PLACES)));
        this.changes = new Changes(transactions, builder.clock, builder.lifecycle, builder.actor, builder.erasedFor);
        this.keys = new JdbcKeys(lanes, changes, reads, ChangeFeed.changed(builder.changesPerPage), this::status);
        this.registry = new JdbcRegistry(lanes, changes, reads, null);
    }

    private static Lane lane(String kind, Executor executor, boolean own, int places, int calls) {
        return new Lane(kind, executor, own, places, calls, JdbcKeyStoreException::shown);
    }

    /**
     * Creates a builder.
     *
     * @param dataSource the store does not close it. Its connections must not read uncommitted data, and must not take
     *     part in a transaction of the caller: a call on such a connection fails and leaves that transaction alone. A
     *     pool needs as many connections as the store has threads, or as {@link Builder#connections} says for a given
     *     executor. A pool that reports fewer is refused
     */
    public static Builder builder(DataSource dataSource) {
        return new Builder(Objects.requireNonNull(dataSource, "dataSource"));
    }

    /**
     * The view for verifiers and caches; always the same object. Any number of them may share it. Its {@code close}
     * does nothing: close this store instead.
     *
     * <p>An answer of {@link PublicKeyStore#changesSince} has at most {@link Builder#changesPerPage} records and erased
     * devices. Its cursor is the version of the last one, or the given cursor if nothing changed. Versions follow the
     * order of commits, and an answer has a change only together with all changes before it. So a change that commits
     * late has a version above all earlier cursors.
     */
    public PublicKeyStore keys() {
        return keys;
    }

    /**
     * The view for enrolment and administration. It needs no closing and works until this store is closed.
     *
     * <p>An erasure is one transaction. It deletes the device's row, replaces its ids in the rows of its keys and of
     * the audit by a stand-in and a keyed hash, deletes the notes of its changes, and writes its ids into
     * {@code countersign_erased}, where the feed finds them for {@link Builder#erasedFor}. If the device's own row was
     * deleted by hand, it erases what is left of it.
     */
    public DeviceRegistry registry() {
        return registry;
    }

    /**
     * Deletes the identities of devices that were erased longer ago than {@link Builder#erasedFor}. The feed does not
     * report them any more, and marks answers to older cursors as incomplete. A store does this by itself with a
     * change, once an hour. If changes are rare, call it from a timer.
     *
     * @return how many were deleted
     */
    public CompletionStage<Integer> forgetErased() {
        return lanes.changes().call(changes::forgetErased);
    }

    /**
     * Ends the store's own threads, after running calls have ended, or after 5 s. Calls that wait and later calls fail.
     * Does not close a given executor or the {@code DataSource}. Idempotent.
     */
    @Override
    public void close() {
        if (closedStatus == null) {
            closedStatus = StoreStatus.unavailable(changes.clock().instant(), "the key store is closed");
        }
        lanes.close();
        if (ownPool != null) {
            ownPool.close();
        }
    }

    /** The status as of the last call. Does not ask the database, and never blocks. */
    public JdbcStatus status() {
        StoreStatus closed = closedStatus;
        return new JdbcStatus(
                closed == null ? changes.transactions().status() : closed,
                changes.transactions().statementsMeetOthers());
    }

    Changes changes() {
        return changes;
    }

    void requireOpen() {
        if (closedStatus != null) {
            throw new JdbcKeyStoreException("the key store is closed");
        }
    }

    /** Runs a batch of an import in the place of a change, and waits for it. */
    <T> T importBatch(Supplier<T> work) {
        try {
            return lanes.changes().call(work).join();
        } catch (CompletionException failed) {
            if (failed.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw failed;
        }
    }

    /** Builds a store. Not thread-safe; may build several stores. */
    public static final class Builder {
        private static final int MAX_ACTOR = 128;

        private final DataSource dataSource;
        private @Nullable Executor executor;
        private boolean poolSettings;
        private int threads = 8;
        private int queueLength = 1024;
        private boolean callSettings;
        private int maxCalls = 1024;
        private int connections = 8;
        private Duration statementTimeLimit = Duration.ofSeconds(5);
        private Clock clock = Clock.systemUTC();
        private DeviceLifecycle lifecycle = DeviceLifecycle.STANDARD;
        private String actor = "unknown";
        private int changesPerPage = 500;
        private Duration erasedFor = Duration.ofDays(2);

        private Builder(DataSource dataSource) {
            this.dataSource = dataSource;
        }

        /**
         * The executor for the blocking calls, instead of the store's own threads: a pool, a thread for each call
         * (virtual threads, for instance), or {@code Runnable::run} for the caller's thread. The store does not close
         * it.
         *
         * <p>Use the caller's thread only in tools and tests. With a verifier it may be a thread of the nonce store's
         * client, and with a key cache it is the thread of its timer: neither may wait for a database.
         *
         * @param executor must run each task that it accepts; if it throws, the call fails
         */
        public Builder executor(Executor executor) {
            this.executor = Objects.requireNonNull(executor, "executor");
            return this;
        }

        /**
         * The maximum number of the store's own threads. Each uses one connection at a time, and the {@code DataSource}
         * must have as many connections. Idle threads end. One thread is for the change feed only, a quarter of them
         * (at least one) for changes, and the rest for lookups: 1, 2 and 5 of 8.
         *
         * @param threads 3 to 1024; 8 by default
         */
        public Builder threads(int threads) {
            this.threads = inRange("threads", threads, MIN_PLACES, 1024);
            this.poolSettings = true;
            return this;
        }

        /**
         * How many calls of each kind (lookups, changes, change feed) may wait for one of the store's own threads.
         * Further calls fail.
         *
         * @param queueLength 1 to 1 000 000; 1024 by default
         */
        public Builder queueLength(int queueLength) {
            this.queueLength = inRange("queueLength", queueLength, 1, 1_000_000);
            this.poolSettings = true;
            return this;
        }

        /**
         * How many connections the store uses at a time with a given executor, divided among the kinds of calls as by
         * {@link #threads}. Further calls wait without a thread. If the executor is the caller's thread, a caller that
         * has a connection runs them after its own call. The {@code DataSource} must have as many connections. A pool
         * that reports fewer is refused.
         *
         * @param connections 3 to 1024; 8 by default
         */
        public Builder connections(int connections) {
            this.connections = inRange("connections", connections, MIN_PLACES, 1024);
            this.callSettings = true;
            return this;
        }

        /**
         * How many calls of each kind (lookups, changes, change feed) may wait or run with a given executor. Further
         * calls fail at once. This bounds the queue while the database is slow.
         *
         * @param calls 1 to 1 000 000; 1024 by default
         */
        public Builder maxCalls(int calls) {
            this.maxCalls = inRange("maxCalls", calls, 1, 1_000_000);
            this.callSettings = true;
            return this;
        }

        /**
         * How long the database may take to answer one statement, including a writer's wait for other writers. After
         * that the driver closes the connection and the call fails, so a server that was stopped or cut off does not
         * occupy a thread for ever. If a connection has a shorter network timeout, that one counts. On PostgreSQL the
         * limit also ends the transaction of a node that stops in the middle of a change. H2 has no such limit, because
         * it runs in this process.
         *
         * <p>Set a limit for getting a connection in the {@code DataSource}.
         *
         * @param limit 10 ms to 1 h; 5 s by default
         */
        public Builder statementTimeLimit(Duration limit) {
            if (limit.compareTo(Duration.ofMillis(10)) < 0 || limit.compareTo(Duration.ofHours(1)) > 0) {
                throw new IllegalArgumentException("statementTimeLimit must be 10 ms to 1 h");
            }
            this.statementTimeLimit = limit;
            return this;
        }

        /** The clock for the ends of keys and for the audit; the system's by default. */
        public Builder clock(Clock clock) {
            this.clock = Objects.requireNonNull(clock, "clock");
            return this;
        }

        /** The rules of devices and keys; {@link DeviceLifecycle#STANDARD} by default. */
        public Builder lifecycle(DeviceLifecycle lifecycle) {
            this.lifecycle = Objects.requireNonNull(lifecycle, "lifecycle");
            return this;
        }

        /**
         * The name of this service in the audit.
         *
         * @param actor 1 to 128 printable ASCII characters; "unknown" by default
         */
        public Builder actor(String actor) {
            boolean fits = !actor.isEmpty() && actor.length() <= MAX_ACTOR;
            if (!fits || !actor.chars().allMatch(c -> c >= 0x20 && c <= 0x7E)) {
                throw new IllegalArgumentException("an actor has 1 to " + MAX_ACTOR + " printable ASCII characters");
            }
            this.actor = actor;
            return this;
        }

        /**
         * The maximum number of records and erased devices in an answer of {@link PublicKeyStore#changesSince}.
         *
         * @param records 1 to 10 000; 500 by default
         */
        public Builder changesPerPage(int records) {
            this.changesPerPage = inRange("changesPerPage", records, 1, 10_000);
            return this;
        }

        /**
         * How long the feed reports that a device was erased, and so how long its identity is kept. It must be longer
         * than a cache may serve records while it cannot reach the database. After it the identity is deleted, and a
         * cache with an older cursor forgets all records. Of several stores over one database, the shortest period
         * counts.
         *
         * @param period 25 h to 90 days; 2 days by default
         */
        public Builder erasedFor(Duration period) {
            if (period.compareTo(Duration.ofHours(25)) < 0 || period.compareTo(Duration.ofDays(90)) > 0) {
                throw new IllegalArgumentException("erasedFor must be 25 h to 90 days");
            }
            this.erasedFor = period;
            return this;
        }

        /**
         * Checks the database and builds the store. Blocks.
         *
         * <p>The {@code DataSource} must have as many connections as the store has threads, or as {@link #connections}
         * says for a given executor. With fewer, the change feed may wait behind lookups. A pool that shows its size
         * (HikariCP, Commons DBCP, c3p0, Tomcat) and is smaller is refused.
         *
         * @throws IllegalStateException if settings contradict each other
         * @throws JdbcKeyStoreException if the database cannot be reached, is of an unknown make, reads uncommitted
         *     data, cannot be written to, has a binary log in the format {@code STATEMENT}, is H2 in a mode without
         *     {@code LIMIT} or in a file without {@code WRITE_DELAY=0}, lends too few connections, is PostgreSQL behind
         *     a pooler that hands prepared statements of one client to another, or lacks the tables in a version that
         *     this release can work over; the message says what to do
         */
        public JdbcKeyStore build() {
            if (executor != null && poolSettings) {
                throw new IllegalStateException(
                        "threads and queueLength are for the store's own threads: leave them out, or the executor");
            }
            if (executor == null && callSettings) {
                throw new IllegalStateException("maxCalls and connections are for an executor that is given:"
                        + " set threads and queueLength, or an executor");
            }
            Transactions transactions = open();
            SettledReads reads = new SettledReads(transactions.dialect());
            try {
                // As a lookup, and not on the connection above: a serializable one would wait for those who change
                // something.
                transactions.read("opening the key store", reads::lastVersion);
            } catch (RuntimeException failure) {
                throw JdbcKeyStoreException.shown(failure);
            }
            return new JdbcKeyStore(this, transactions, reads);
        }

        private Transactions open() {
            StatementLimit limit = new StatementLimit(statementTimeLimit);
            Dialect dialect = null;
            try (Connection connection = dataSource.getConnection()) {
                dialect = Dialect.of(connection);
                CallersTransaction.refuse(connection, dialect);
                int timeout = limit.begin(connection);
                try {
                    return look(connection, dialect, limit);
                } finally {
                    StatementLimit.restore(connection, timeout);
                }
            } catch (SQLException | RuntimeException failure) {
                throw JdbcKeyStoreException.shown(
                        StoreFailure.of("opening the key store", failure, dialect == Dialect.POSTGRESQL));
            }
        }

        private Transactions look(Connection connection, Dialect dialect, StatementLimit limit) throws SQLException {
            if (connection.getTransactionIsolation() == Connection.TRANSACTION_READ_UNCOMMITTED) {
                throw new StoreFailure("the DataSource reads uncommitted data, which a lookup must not see:"
                        + " set its transaction isolation to read committed");
            }
            DatabaseCheck.requireWritable(connection);
            H2Durability.require(connection, dialect);
            DatabaseCheck.requireTables(connection, dialect);
            requireConnections();
            if (dialect == Dialect.POSTGRESQL) {
                PoolerProbe.require(dataSource, connection, limit);
            }
            Transactions transactions = new Transactions(dataSource, dialect, limit, connection, clock);
            DatabaseCheck.require(transactions, connection);
            return transactions;
        }

        private void requireConnections() {
            OptionalInt pool = PoolSize.of(dataSource);
            int needed = executor == null ? threads : connections;
            if (pool.isPresent() && pool.getAsInt() < needed) {
                int has = pool.getAsInt();
                String setting = executor == null ? "threads" : "connections";
                String less = has < MIN_PLACES
                        ? MIN_PLACES + " and set " + setting + " to " + MIN_PLACES
                        : "set " + setting + " to " + has;
                throw new StoreFailure("the DataSource has at most " + has
                        + (has == 1 ? " connection" : " connections") + ", and the key store uses " + needed
                        + " at once: give it " + needed + ", or " + less);
            }
        }

        private static int inRange(String what, int value, int min, int max) {
            if (value < min || value > max) {
                throw new IllegalArgumentException(what + " must be " + min + " to " + max);
            }
            return value;
        }
    }
}
