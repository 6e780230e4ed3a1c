package dev.countersign.keystore.jdbc.connection;

import java.lang.reflect.Method;
import java.util.List;
import java.util.OptionalInt;
import javax.sql.DataSource;

/** How many connections a pool has at most, where it says so. */
public final class PoolSize {
    /** HikariCP, Commons DBCP, c3p0, Tomcat's own. */
    private static final List<String> PROPERTIES =
            List.of("getMaximumPoolSize", "getMaxTotal", "getMaxPoolSize", "getMaxActive");

    private PoolSize() {}

    public static OptionalInt of(DataSource dataSource) {
        return PROPERTIES.stream()
                .mapToInt(property -> read(dataSource, property))
                .filter(size -> size > 0)
                .findFirst();
    }

    /** Or 0: of another make, or a proxy in front of it; then the documentation has to do. */
    private static int read(DataSource dataSource, String property) {
        try {
            Method getter = dataSource.getClass().getMethod(property);
            return getter.invoke(dataSource) instanceof Integer size ? size : 0;
        } catch (ReflectiveOperationException | RuntimeException unknown) {
            return 0;
        }
    }
}
