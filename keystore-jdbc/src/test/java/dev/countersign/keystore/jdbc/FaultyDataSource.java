package dev.countersign.keystore.jdbc;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Another DataSource, seen through a proxy that a test may put itself into. */
final class FaultyDataSource {
    private static final List<Class<?>> SEEN =
            List.of(DataSource.class, Connection.class, PreparedStatement.class, Statement.class, ResultSet.class);

    private FaultyDataSource() {}

    /** Asked before each call of JDBC; may throw instead of it. */
    interface Before {
        void call(String method) throws Throwable;
    }

    /** Put around each call of JDBC: gives the answer, from the call itself or from elsewhere. */
    interface Around {
        @Nullable Object call(Object target, String method, Call original) throws Throwable;
    }

    /** A call of JDBC as it was meant. */
    interface Call {
        @Nullable Object proceed() throws Throwable;
    }

    static DataSource wrap(DataSource dataSource, Before before) {
        return around(dataSource, (target, method, original) -> {
            before.call(method);
            return original.proceed();
        });
    }

    static DataSource around(DataSource dataSource, Around around) {
        return seen(dataSource, (target, method, args, original) -> around.call(target, name(method, args), original));
    }

    /** Fails at the first statement that contains this, instead of running it. */
    static DataSource failingAt(DataSource dataSource, String part) {
        AtomicBoolean failed = new AtomicBoolean();
        return seen(dataSource, (target, method, args, original) -> {
            if (runs(part, method, args) && !failed.getAndSet(true)) {
                throw new SQLException("refused, as the test wants it", "42000");
            }
            return original.proceed();
        });
    }

    /**
     * Is lost at a statement that contains this, instead of running it, as when the process is killed: the database sees all
     * its connections end, and there are no others.
     */
    static DataSource lostAt(DataSource dataSource, String part) {
        Queue<Connection> opened = new ConcurrentLinkedQueue<>();
        AtomicBoolean lost = new AtomicBoolean();
        return seen(dataSource, (target, method, args, original) -> {
            if (runs(part, method, args) && !lost.getAndSet(true)) {
                for (Connection one : opened) {
                    one.close();
                }
            }
            if (lost.get() && !method.getName().equals("close")) {
                throw new SQLNonTransientConnectionException("lost, as the test wants it", "08006");
            }
            Object answer = original.proceed();
            if (method.getName().equals("getConnection") && target instanceof DataSource) {
                opened.add((Connection) Objects.requireNonNull(answer));
            }
            return answer;
        });
    }

    private static boolean runs(String part, Method method, Object @Nullable [] args) {
        return method.getName().startsWith("execute")
                && args != null
                && args.length > 0
                && args[0] instanceof String sql
                && sql.contains(part);
    }

    /** As {@link Around}, with the arguments. */
    interface Seen {
        @Nullable Object call(Object target, Method method, Object @Nullable [] args, Call original) throws Throwable;
    }

    static DataSource seen(DataSource dataSource, Seen seen) {
        return (DataSource) proxy(DataSource.class, dataSource, seen);
    }

    private static Object proxy(Class<?> type, Object target, Seen seen) {
        return Proxy.newProxyInstance(
                FaultyDataSource.class.getClassLoader(),
                new Class<?>[] {type},
                (self, method, args) -> invoke(target, method, args, seen));
    }

    private static @Nullable Object invoke(Object target, Method method, Object @Nullable [] args, Seen seen)
            throws Throwable {
        Object answer = seen.call(target, method, args, () -> {
            try {
                return method.invoke(target, args);
            } catch (InvocationTargetException failed) {
                throw failed.getTargetException();
            }
        });
        return answer != null && SEEN.contains(method.getReturnType())
                ? proxy(method.getReturnType(), answer, seen)
                : answer;
    }

    /** The end of a transaction has one name, whether it is a call or a statement. */
    private static String name(Method method, Object @Nullable [] args) {
        String name = method.getName();
        return name.equals("execute")
                        && args != null
                        && args.length == 1
                        && args[0] instanceof String sql
                        && (sql.equals("COMMIT") || sql.equals("ROLLBACK"))
                ? sql.toLowerCase(Locale.ROOT)
                : name;
    }
}
