package dev.countersign.keystore.jdbc;

import dev.countersign.testkit.MutableClock;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import liquibase.Liquibase;
import liquibase.UpdateSummaryEnum;
import liquibase.database.DatabaseFactory;
import liquibase.database.jvm.JdbcConnection;
import liquibase.resource.ClassLoaderResourceAccessor;
import liquibase.resource.DirectoryResourceAccessor;
import liquibase.resource.ResourceAccessor;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;

/** What tests of an upgrade share: a database of a vendor, the release that knew an earlier schema, and the tools. */
abstract class UpgradeCases {
    private static final String CHANGE_LOG = "dev/countersign/keystore/jdbc/changelog.xml";

    final Vendor vendor;
    final Vendor.Database place;
    final DataSource database;
    final MutableClock clock = new MutableClock(Fixtures.NOW);
    final PreviousRelease previous;

    /** @param schema the newest that the previous release knew */
    UpgradeCases(Vendor vendor, int schema) {
        this.vendor = vendor;
        this.place = vendor.fresh();
        this.database = place.dataSource();
        this.previous = new PreviousRelease(schema);
    }

    @AfterEach
    void dropDatabase() throws Exception {
        previous.close();
        place.close();
    }

    /** A node of the previous release, which has made eleven changes. */
    PreviousRelease.Node fill(DataSource data) throws Exception {
        previous.createIfMissing(data);
        PreviousRelease.Node node = previous.open(data, clock);
        PreviousRelease.fill(node);
        return node;
    }

    /** A store of this release. */
    JdbcKeyStore open(DataSource data) {
        return JdbcKeyStore.builder(data)
                .executor(Runnable::run)
                .clock(clock)
                .actor("this one")
                .build();
    }

    /** Begins them all at one moment, and waits for them. */
    static void atOnce(List<Callable<?>> tasks) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(tasks.size());
        try {
            CyclicBarrier barrier = new CyclicBarrier(tasks.size());
            List<Future<?>> all = new ArrayList<>();
            for (Callable<?> task : tasks) {
                all.add(pool.submit(() -> {
                    barrier.await(60, TimeUnit.SECONDS);
                    return task.call();
                }));
            }
            for (Future<?> one : all) {
                one.get(120, TimeUnit.SECONDS);
            }
        } finally {
            pool.shutdownNow();
        }
    }

    /** Flyway with the files that the previous release had. */
    Flyway flywayOfThePreviousRelease(Path folder, String... files) throws Exception {
        return flywayOfThePreviousRelease(database, folder, files);
    }

    Flyway flywayOfThePreviousRelease(DataSource data, Path folder, String... files) throws Exception {
        copy(folder, files);
        return flyway(data, "filesystem:" + folder);
    }

    /** Flyway with this release's files. */
    Flyway flyway() {
        return flyway(database);
    }

    Flyway flyway(DataSource data) {
        return flyway(
                data,
                "classpath:dev/countersign/keystore/jdbc/" + vendor.dialect().migrations());
    }

    private static Flyway flyway(DataSource data, String location) {
        return Flyway.configure()
                .dataSource(data)
                .locations(location)
                .table("countersign_flyway_history")
                .baselineOnMigrate(true)
                .baselineVersion("0")
                .load();
    }

    private void copy(Path folder, String... files) throws IOException {
        for (String name : files) {
            try (InputStream in =
                    JdbcSchema.class.getResourceAsStream(vendor.dialect().migrations() + name)) {
                Files.copy(Objects.requireNonNull(in), folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    /** Runs the change log of the tests, which has all files. */
    void updateByLiquibase() throws Exception {
        liquibase(database, liquibase -> liquibase.update(""));
    }

    /** What a test does with Liquibase. */
    interface LiquibaseCommand {
        void run(Liquibase liquibase) throws Exception;
    }

    /** With the change log of the tests, which has all files. */
    static void liquibase(DataSource data, LiquibaseCommand command) throws Exception {
        liquibase(data, new ClassLoaderResourceAccessor(), command);
    }

    /** With that change log as it was when there were fewer files. */
    void liquibaseOfThePreviousRelease(DataSource data, Path folder, LiquibaseCommand command, String... files)
            throws Exception {
        Path log = folder.resolve(CHANGE_LOG);
        Path sql = folder.resolve("dev/countersign/keystore/jdbc")
                .resolve(vendor.dialect().migrations());
        Files.createDirectories(sql);
        copy(sql, files);
        String all;
        try (InputStream in = UpgradeCases.class.getResourceAsStream("/" + CHANGE_LOG)) {
            all = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        }
        int end = all.indexOf("<changeSet id=\"countersign-" + (files.length + 1) + "\"");
        Files.writeString(log, all.substring(0, end) + "</databaseChangeLog>\n");
        liquibase(data, new DirectoryResourceAccessor(folder), command);
    }

    private static void liquibase(DataSource data, ResourceAccessor resources, LiquibaseCommand command)
            throws Exception {
        try (Connection connection = data.getConnection()) {
            var target =
                    DatabaseFactory.getInstance().findCorrectDatabaseImplementation(new JdbcConnection(connection));
            try (Liquibase liquibase = new Liquibase(CHANGE_LOG, resources, target)) {
                liquibase.setShowSummary(UpdateSummaryEnum.OFF);
                command.run(liquibase);
            }
        }
    }
}
