package dev.countersign.benchmarks.flood;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import javax.sql.DataSource;

/** A data source each of whose statements takes so much longer. Commits and rollbacks take what they take. Thread-safe. */
final class SlowDataSource {
    private final long millis;
    private final LongAdder statements = new LongAdder();

    SlowDataSource(long millis) {
        this.millis = millis;
    }

    /** How many statements were run. */
    long statements() {
        return statements.sum();
    }

    DataSource over(DataSource source) {
        return proxy(DataSource.class, source);
    }

    private <T> T proxy(Class<T> type, Object behind) {
        InvocationHandler handler = (proxy, method, arguments) -> handle(type, behind, method, arguments);
        return type.cast(Proxy.newProxyInstance(SlowDataSource.class.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private Object handle(Class<?> type, Object behind, Method method, Object[] arguments) throws Throwable {
        if (method.getName().equals("unwrap") && arguments[0] == type) {
            return behind;
        }
        if (method.getName().startsWith("execute")) {
            statements.increment();
            TimeUnit.MILLISECONDS.sleep(millis);
        }
        try {
            Object result = method.invoke(behind, arguments);
            if (result instanceof Connection connection && type == DataSource.class) {
                return proxy(Connection.class, connection);
            }
            if (result instanceof PreparedStatement statement && type == Connection.class) {
                return proxy(PreparedStatement.class, statement);
            }
            return result instanceof Statement statement && type == Connection.class
                    ? proxy(Statement.class, statement)
                    : result;
        } catch (InvocationTargetException thrown) {
            throw thrown.getCause();
        }
    }
}
