package dev.countersign.keystore.jdbc;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
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
        return (DataSource) proxy(DataSource.class, dataSource, around);
    }

    private static Object proxy(Class<?> type, Object target, Around around) {
        return Proxy.newProxyInstance(
                FaultyDataSource.class.getClassLoader(),
                new Class<?>[] {type},
                (self, method, args) -> invoke(target, method, args, around));
    }

    private static @Nullable Object invoke(Object target, Method method, Object @Nullable [] args, Around around)
            throws Throwable {
        Object answer = around.call(target, name(method, args), () -> {
            try {
                return method.invoke(target, args);
            } catch (InvocationTargetException failed) {
                throw failed.getTargetException();
            }
        });
        return answer != null && SEEN.contains(method.getReturnType())
                ? proxy(method.getReturnType(), answer, around)
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
