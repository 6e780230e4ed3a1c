package dev.countersign.quickstart;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.countersign.keystore.jdbc.JdbcKeyStoreException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The database with devices and keys: which one, how a pool of connections to it is made, and what to say when that does
 * not work. Nothing here shows a password or a whole URL, nor does the text of a driver get out that holds one.
 *
 * @param url as JDBC wants it, or null for the file in the state folder
 */
record KeyDatabase(
        @Nullable String url,
        @Nullable String user,
        @Nullable String password) {
    private static final Map<String, String> VENDORS = Map.of(
            "jdbc:h2:", "jdbc:h2",
            "jdbc:postgresql:", "jdbc:postgresql",
            "jdbc:mariadb:", "jdbc:mariadb",
            "jdbc:mysql:", "jdbc:mysql");

    private static final int CONNECTIONS = 8;

    /** Below the verifier's limit for a lookup, after which nobody is interested in a connection any more. */
    private static final int CONNECTION_WAIT_MILLIS = 1_000;

    private static final int VALIDATION_MILLIS = 500;
    private static final int LOGIN_SECONDS = 2;
    private static final int ANSWER_SECONDS = 5;
    private static final int MAX_CAUSES = 16;

    /** What may come after {@code password=} and the like in a URL, and before {@code @}. */
    private static final Pattern SECRETS_OF_URL =
            Pattern.compile("(?i)(?:[?&;][a-z]*pass[a-z]*=([^&;]+))|(?://([^/?;]*)@)");

    /** Tells of parts of a URL that it does not understand, which may be a password. Kept, or its level is forgotten. */
    private static final Logger DRIVER = Logger.getLogger("org.postgresql");

    static {
        DRIVER.setLevel(Level.OFF);
    }

    /** The file in the state folder. */
    static final KeyDatabase EMBEDDED = new KeyDatabase(null, null, null);

    static KeyDatabase of(@Nullable String url, @Nullable String user, @Nullable String password)
            throws StartupException {
        if (url == null) {
            if (user != null || password != null) {
                throw new StartupException(
                        "COUNTERSIGN_KEYS_USER and COUNTERSIGN_KEYS_PASSWORD need COUNTERSIGN_KEYS_URL beside them");
            }
            return EMBEDDED;
        }
        // The URL is not repeated in any message: it may hold a password.
        if (url.toLowerCase(Locale.ROOT).matches("(postgres|postgresql|mariadb|mysql|h2):.*")) {
            throw new StartupException(
                    "COUNTERSIGN_KEYS_URL must be a JDBC URL: write jdbc:postgresql://host:5432/database, for instance,"
                            + " and user and password into COUNTERSIGN_KEYS_USER and COUNTERSIGN_KEYS_PASSWORD");
        }
        KeyDatabase database = new KeyDatabase(url, user, password);
        if (database.vendor() == null) {
            throw new StartupException("COUNTERSIGN_KEYS_URL must start with jdbc:postgresql:, jdbc:mariadb:,"
                    + " jdbc:mysql: or jdbc:h2: - these are the drivers that come with the quickstart");
        }
        if (!url.startsWith("jdbc:h2:") && url.matches("[^/]*//[^/?]*@.*")) {
            throw new StartupException(
                    "COUNTERSIGN_KEYS_URL must have no user before the host: the drivers do not read it there;"
                            + " set COUNTERSIGN_KEYS_USER and COUNTERSIGN_KEYS_PASSWORD");
        }
        return database;
    }

    boolean isEmbedded() {
        return url == null;
    }

    /** For people: which kind of database, and where the setting came from. */
    String describe() {
        return url == null ? "jdbc:h2 (file)" : vendor() + " (COUNTERSIGN_KEYS_URL)";
    }

    private @Nullable String vendor() {
        for (Map.Entry<String, String> vendor : VENDORS.entrySet()) {
            if (url != null && url.startsWith(vendor.getKey())) {
                return vendor.getValue();
            }
        }
        return null;
    }

    /** How many connections the pool has, and how many threads can use them. */
    static int connections() {
        return CONNECTIONS;
    }

    /**
     * A pool with a first connection made.
     *
     * @param folder where the embedded database lives; null if there is no such folder, as none is needed
     */
    HikariDataSource open(@Nullable Path folder) throws StartupException {
        HikariConfig config = new HikariConfig();
        config.setPoolName("keys");
        config.setMaximumPoolSize(CONNECTIONS);
        config.setConnectionTimeout(CONNECTION_WAIT_MILLIS);
        config.setValidationTimeout(VALIDATION_MILLIS);
        if (url == null) {
            config.setJdbcUrl(embeddedUrl(folder));
            config.setUsername("sa");
            config.setPassword("");
        } else {
            // One driver serves both vendors, and takes the other's scheme only under a setting of its own.
            config.setJdbcUrl(url.startsWith("jdbc:mysql:") ? "jdbc:mariadb:" + url.substring(11) : url);
            limitWaits(config, url);
            if (user != null) {
                config.setUsername(user);
            }
            if (password != null) {
                config.setPassword(password);
            }
        }
        try {
            return new HikariDataSource(config);
        } catch (RuntimeException failure) {
            throw new StartupException("the key database cannot be opened: " + explain(failure), failure);
        }
    }

    /**
     * The pool bounds how long a caller waits and not how long a driver does: without these, a database that takes the
     * connection and says nothing holds the start, and later the pool, for ever. What the URL says comes first.
     */
    private static void limitWaits(HikariConfig config, String url) {
        if (url.startsWith("jdbc:postgresql:")) {
            config.addDataSourceProperty("loginTimeout", Integer.toString(LOGIN_SECONDS));
            config.addDataSourceProperty("connectTimeout", Integer.toString(LOGIN_SECONDS));
            config.addDataSourceProperty("socketTimeout", Integer.toString(ANSWER_SECONDS));
            config.addDataSourceProperty("ApplicationName", "countersign-quickstart");
        } else if (!url.startsWith("jdbc:h2:")) {
            config.addDataSourceProperty("connectTimeout", Integer.toString(LOGIN_SECONDS * 1_000));
            config.addDataSourceProperty("socketTimeout", Integer.toString(ANSWER_SECONDS * 1_000));
        }
    }

    private static String embeddedUrl(@Nullable Path folder) throws StartupException {
        if (folder == null) {
            throw new IllegalArgumentException("the embedded database needs a folder");
        }
        if (folder.toString().indexOf(';') >= 0) {
            throw new StartupException("COUNTERSIGN_HOME must not have a ';' in its path: H2 takes it for a setting");
        }
        // Closed by us, in order, and not by a hook of H2's own that runs beside ours. Written before it is
        // acknowledged: by
        // default H2 loses the last half second's changes with the process.
        return "jdbc:h2:file:" + folder.resolve("keys") + ";DB_CLOSE_ON_EXIT=FALSE;TRACE_LEVEL_FILE=0;WRITE_DELAY=0";
    }

    /** What to change, and the driver's own words unless they give something away. */
    String explain(Throwable failure) {
        String advice = advice(failure);
        String words = rootMessage(failure).replaceAll("\\s+", " ").strip();
        if (words.isEmpty() || givesAway(words)) {
            return advice;
        }
        return words + (advice.isEmpty() ? "" : " - " + advice);
    }

    /** What to change when the tables cannot be made or read, or nothing. */
    String adviceFor(JdbcKeyStoreException failure) {
        String state = failure.sqlState() == null ? "" : failure.sqlState();
        if (url == null || !(state.startsWith("42") || state.startsWith("3F"))) {
            return "";
        }
        return " - let COUNTERSIGN_KEYS_USER create tables and use them, or create them yourself from the SQL in"
                + " keystore-jdbc";
    }

    private String advice(Throwable failure) {
        if (url == null) {
            return "";
        }
        String state = state(failure);
        if (state.startsWith("28") || state.equals("08004")) {
            return "check COUNTERSIGN_KEYS_USER and COUNTERSIGN_KEYS_PASSWORD";
        }
        if (state.startsWith("08")) {
            return "check the host and the port in COUNTERSIGN_KEYS_URL, and that the database runs";
        }
        if (state.equals("3D000") || state.equals("42000") || state.startsWith("90")) {
            return "create the database that COUNTERSIGN_KEYS_URL names, and let COUNTERSIGN_KEYS_USER use it";
        }
        return "check COUNTERSIGN_KEYS_URL, COUNTERSIGN_KEYS_USER and COUNTERSIGN_KEYS_PASSWORD";
    }

    private boolean givesAway(String words) {
        for (String secret : secrets()) {
            if (words.contains(secret)) {
                return true;
            }
        }
        return false;
    }

    private List<String> secrets() {
        List<String> secrets = new ArrayList<>();
        if (password != null) {
            secrets.add(password);
        }
        if (url != null) {
            secrets.add(url.substring(url.indexOf(':') + 1));
            Matcher matcher = SECRETS_OF_URL.matcher(url);
            while (matcher.find()) {
                secrets.add(matcher.group(1) == null ? matcher.group(2) : matcher.group(1));
            }
        }
        return secrets;
    }

    private static String state(Throwable failure) {
        String state = "";
        Throwable cause = failure;
        for (int depth = 0; cause != null && depth < MAX_CAUSES; depth++) {
            if (cause instanceof SQLException sql && sql.getSQLState() != null) {
                state = sql.getSQLState();
            }
            cause = cause.getCause();
        }
        return state;
    }

    private static String rootMessage(Throwable failure) {
        Throwable root = failure;
        for (int depth = 0; root.getCause() != null && depth < MAX_CAUSES; depth++) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
    }

    /** Shows no URL and no password. */
    @Override
    public String toString() {
        return describe();
    }
}
