package dev.countersign.keystore.jdbc;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
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

    static DataSource wrap(DataSource dataSource, Before before) {
        return (DataSource) proxy(DataSource.class, dataSource, before);
    }

    private static Object proxy(Class<?> type, Object target, Before before) {
        return Proxy.newProxyInstance(
                FaultyDataSource.class.getClassLoader(),
                new Class<?>[] {type},
                (self, method, args) -> invoke(target, method, args, before));
    }

    private static @Nullable Object invoke(Object target, Method method, Object @Nullable [] args, Before before)
            throws Throwable {
        before.call(method.getName());
        try {
            Object answer = method.invoke(target, args);
            return answer != null && SEEN.contains(method.getReturnType())
                    ? proxy(method.getReturnType(), answer, before)
                    : answer;
        } catch (InvocationTargetException failed) {
            throw failed.getTargetException();
        }
    }
}
