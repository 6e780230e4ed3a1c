package dev.countersign.keystore.jdbc;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A DataSource, one of whose queries gets a snapshot as MariaDB may make it: while it was put together transactions
 * committed, and it has the later one and lacks the earlier one.
 */
final class TornSnapshot {
    private final DataSource dataSource;
    private final int which;
    private final Runnable meanwhile;
    private final Row missing;
    private int queries = Integer.MIN_VALUE;
    private boolean happened;

    /** Whether a row is none of the snapshot. */
    interface Row {
        boolean isMissing(ResultSet row) throws SQLException;
    }

    /**
     * Over a DataSource.
     *
     * @param which query after {@link #begin} it happens to, from 1 on
     * @param meanwhile commits the transactions
     */
    TornSnapshot(DataSource dataSource, int which, Runnable meanwhile, Row missing) {
        this.dataSource = dataSource;
        this.which = which;
        this.meanwhile = meanwhile;
        this.missing = missing;
    }

    DataSource dataSource() {
        return (DataSource) proxy(DataSource.class, dataSource);
    }

    boolean happened() {
        return happened;
    }

    /** Counts queries from here on. */
    void begin() {
        queries = 0;
    }

    private Object proxy(Class<?> type, Object target) {
        return Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {type}, (self, method, args) -> call(target, method, args));
    }

    private @Nullable Object call(Object target, Method method, Object @Nullable [] args) throws Throwable {
        boolean torn = false;
        if (method.getName().equals("executeQuery")) {
            queries++;
            if (queries == which && !happened) {
                happened = true;
                torn = true;
                meanwhile.run();
            }
        }
        Object answer = invoke(target, method, args);
        Class<?> type = method.getReturnType();
        if (type == ResultSet.class && torn) {
            ResultSet rows = (ResultSet) answer;
            return Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {type}, (self, what, values) -> {
                Object result = invoke(rows, what, values);
                while (what.getName().equals("next") && Boolean.TRUE.equals(result) && missing.isMissing(rows)) {
                    result = invoke(rows, what, values);
                }
                return result;
            });
        }
        return type == Connection.class || type == PreparedStatement.class ? proxy(type, answer) : answer;
    }

    private static Object invoke(Object target, Method method, Object @Nullable [] args) throws Throwable {
        try {
            return method.invoke(target, args);
        } catch (InvocationTargetException failed) {
            throw failed.getTargetException();
        }
    }
}
