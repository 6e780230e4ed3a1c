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
 * Devices and their keys in a relational database: H2, PostgreSQL, MariaDB or MySQL, by what the connection says of
 * itself. Any number of nodes may have stores over one database. {@link #keys} is for a verifier or a cache, and
 * {@link #registry} for enrolment and administration:
 *
 * <pre>{@code
 * JdbcKeyStore store = JdbcKeyStore.builder(dataSource).actor("enrolment").build();
 * KeyCache cache = KeyCache.builder(store.keys()).build();
 * DeviceRegistry registry = store.registry();
 * }</pre>
 *
 * <p>Each registry call is one transaction that decides by {@link DeviceLifecycle} alone; that a key belongs to one
 * device, ever, is enforced by the database itself, under any number of writers on any number of nodes. Writers wait for
 * each other; lookups wait for nobody, and take one query over an index. Records do not list retired keys. A row of the
 * table {@code countersign_audit} has for each change when it was, what, of which device, and by which service, and one of
 * {@code countersign_audit_note} who asked for it and why, where that was {@linkplain DeviceRegistry#as said}; no key material.
 * {@link FleetImport} brings many devices in at once.
 *
 * <p>Attestations of keys are not kept yet: every key that the store gives out has {@link KeyAttestation#UNKNOWN}.
 *
 * <p>The {@code DataSource} may have any default isolation but read uncommitted; changes run as read committed, and a pool
 * whose connections are so spares them two statements. On MySQL and MariaDB this needs a binary log in the format
 * {@code ROW} or {@code MIXED}, which are their defaults; the builder refuses others. A replica is refused: the store must be
 * able to write.
 *
 * <p>When the connection breaks in a change, or the answer to its commit is lost, the call fails and the change was made
 * whole or not at all; where only the database knows which, the failure says that the outcome is unknown. Every call may be
 * repeated: what was made is then {@link Outcome#UNCHANGED}. What is acknowledged was read back before its commit.
 *
 * <p>Thread-safe. Every call runs on the executor: the one that was given, or threads of the store's own (daemons named
 * {@code countersign-keys-…}). Lookups, changes and the change feed have threads and connections apart, and each waits in a
 * bounded queue of its own: however many lookups and changes wait or hang, a connection is left for the feed, and however
 * many lookups, one for a change. A call that finds its queue full, the database failing or the store closed gives a failed
 * stage, which a verifier takes for "unavailable". What follows a stage without an executor of its own may run on these
 * threads and must not block them. A call that the database does not answer in time fails and gives its thread back.
 *
 * <p>The failure of a stage is a {@link StoreOverloadedException} if a queue or the executor that was given is full, and else
 * a {@link JdbcKeyStoreException}; neither it nor anything else here shows key material or a whole device id.
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
     * Begins a store.
     *
     * @param dataSource stays the caller's and open. Its connections must not read uncommitted data, and must not take
     *     part in a transaction of somebody else: a call on such a connection fails and leaves that transaction alone. A
     *     pool with as many connections as the store has threads, or as {@link Builder#connections} says for an executor that
     *     was given, is right, and fewer are refused where that can be seen.
     */
    public static Builder builder(DataSource dataSource) {
        return new Builder(Objects.requireNonNull(dataSource, "dataSource"));
    }

    /**
     * The store as a verifier or a cache sees it: always the same object. It is open for as long as this store is, and closing it
     * does nothing: who built this store closes it, and any number of verifiers and caches share the view until then.
     *
     * <p>An answer of {@link PublicKeyStore#changesSince} has at most as many records and erased devices as the builder says, and
     * its cursor is the version of the last one, or the given cursor if nothing changed. Ask again with it until an answer is
     * empty. Versions are given in the order of commits, and a change is in an answer only together with every change before it,
     * so what commits late has a version above every cursor handed out before.
     */
    public PublicKeyStore keys() {
        return keys;
    }

    /**
     * The store as enrolment and administration see it. It has nothing to close, and is open for as long as this store is.
     *
     * <p>An erasure is one transaction that takes the device's row out, puts a stand-in and a keyed hash in place of its ids in the
     * rows of its keys and of the audit, drops the notes of its changes, and writes its ids into {@code countersign_erased}, for
     * the feed, for {@link Builder#erasedFor}. Rows that still name a device whose own row was deleted by hand are erased as well.
     */
    public DeviceRegistry registry() {
        return registry;
    }

    /**
     * Drops the identities of devices that were erased longer ago than {@link Builder#erasedFor}: the feed tells them no
     * more, and says so to those who ask from before. A store does that by itself with a change, once an hour; where changes are
     * rare, call it from a timer.
     *
     * @return how many were dropped
     */
    public CompletionStage<Integer> forgetErased() {
        return lanes.changes().call(changes::forgetErased);
    }

    /**
     * Ends the store's own threads, if it has any, and lets calls that run end first, for at most 5 s; calls that wait
     * and calls that come later fail. An executor that was given and the {@code DataSource} stay open. Idempotent.
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

    /** How the store is doing, as of its last call. Does not ask the database, and never blocks. */
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

    /** Settings of a store. Not thread-safe; may be used for several stores. */
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
         * Where the blocking calls run, instead of on threads of the store's own: a pool, a thread for each call (virtual
         * threads, for instance), or {@code Runnable::run}, which is the caller's own thread. Stays the caller's.
         *
         * <p>The caller's own thread is for tools and tests. Behind a verifier it may be a thread of the nonce store's client,
         * and behind a key cache it is the one thread of its timer: neither may wait for a database.
         *
         * @param executor must run what it takes, or throw, which makes the call fail
         */
        public Builder executor(Executor executor) {
            this.executor = Objects.requireNonNull(executor, "executor");
            return this;
        }

        /**
         * How many threads of its own the store has at most, each of which uses one connection at a time; idle ones end. The
         * {@code DataSource} must be able to lend as many at once. One is for the change feed alone, a quarter of them, but
         * one at least, for changes, and the rest for lookups: 1, 2 and 5 of 8.
         *
         * @param threads 3 to 1024; 8 by default
         */
        public Builder threads(int threads) {
            this.threads = inRange("threads", threads, MIN_PLACES, 1024);
            this.poolSettings = true;
            return this;
        }

        /**
         * How many calls of each kind, which are lookups, changes and the change feed, wait for a thread of the store's own
         * before further ones fail.
         *
         * @param queueLength 1 to 1 000 000; 1024 by default
         */
        public Builder queueLength(int queueLength) {
            this.queueLength = inRange("queueLength", queueLength, 1, 1_000_000);
            this.poolSettings = true;
            return this;
        }

        /**
         * How many connections the store uses at once on an executor that was given, divided among the kinds of calls as
         * {@link #threads} says. Further calls wait without a thread; where the executor is the caller's own thread, a
         * caller that has a connection runs them after its own call. The {@code DataSource} must be able to lend as many at once. A pool
         * that says that it has fewer is refused.
         *
         * @param connections 3 to 1024; 8 by default
         */
        public Builder connections(int connections) {
            this.connections = inRange("connections", connections, MIN_PLACES, 1024);
            this.callSettings = true;
            return this;
        }

        /**
         * How many calls of each kind, which are lookups, changes and the change feed, may wait or run at once on an executor
         * that was given; further ones fail at once. It bounds what piles up while the database is slow.
         *
         * @param calls 1 to 1 000 000; 1024 by default
         */
        public Builder maxCalls(int calls) {
            this.maxCalls = inRange("maxCalls", calls, 1, 1_000_000);
            this.callSettings = true;
            return this;
        }

        /**
         * How long the database may take to answer one statement, a writer's wait for other writers included. Then the
         * driver closes the connection and the call fails, so that a server that was stopped or cut off holds no thread
         * for ever; a shorter network timeout that the connection brings stays. On PostgreSQL also how long a node that
         * stops in the middle of a change can keep others from writing. H2 keeps no such limit; it is in this process.
         *
         * <p>How long it takes to get a connection is the {@code DataSource}'s business: give it a limit, too.
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

        /** Server time, from which keys' ends are counted and which the audit shows; the system's by default. */
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
         * Who makes the changes, for the audit: a service's name, for instance.
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
         * How many records and erased devices an answer of {@link PublicKeyStore#changesSince} has at most.
         *
         * @param records 1 to 10 000; 500 by default
         */
        public Builder changesPerPage(int records) {
            this.changesPerPage = inRange("changesPerPage", records, 1, 10_000);
            return this;
        }

        /**
         * How long the feed tells that a device was erased, and so how long its identity is kept: longer than any cache
         * answers from records while it cannot reach the database. Then the identity is dropped, and a cache that asks from
         * before forgets all records. Of several stores over one database the shortest counts.
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
         * Makes the store, after a look at the database. Blocks.
         *
         * <p>The {@code DataSource} must lend as many connections at once as the store has threads, or as {@link #connections}
         * says for an executor that was given: with fewer, the change feed may wait behind lookups after all. A pool that
         * tells its size (HikariCP, Commons DBCP, c3p0, Tomcat) and is smaller is refused.
         *
         * @throws IllegalStateException if settings contradict each other
         * @throws JdbcKeyStoreException if the database cannot be reached, is of an unknown make, reads uncommitted
         *     data, cannot be written to, has a binary log in the format {@code STATEMENT}, is H2 in a mode without {@code LIMIT}
         *     or in a file without {@code WRITE_DELAY=0}, lends too few connections, is PostgreSQL behind a pooler that
         *     hands prepared statements of one client to another, or lacks the tables in a version that this release can
         *     work over; the message says what to do
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
