package dev.countersign.servlet.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.countersign.api.VerifiedRequest;
import dev.countersign.api.route.Routes;
import dev.countersign.servlet.CountersignFilter;
import dev.countersign.servlet.FilterGauges;
import dev.countersign.tck.adapter.AdapterApplication;
import dev.countersign.tck.adapter.AdapterContract;
import dev.countersign.tck.adapter.AdapterServer;
import jakarta.servlet.http.HttpServletRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The contract of adapters for the servlet filter. */
public abstract class ServletContract extends AdapterContract {
    private static final long HANGING_NANOS = TimeUnit.SECONDS.toNanos(20);

    private final List<CountersignFilter> filters = new ArrayList<>();

    /** For subclasses. */
    protected ServletContract() {}

    /** What starts the servers. */
    protected abstract ServletServers servers();

    /** Whether the server lets everything through that it can. */
    protected abstract boolean isPermissive();

    /** Whether the filter waits for nothing on a thread of the server's; false unless overridden. */
    protected boolean isAsynchronous() {
        return false;
    }

    @Override
    protected AdapterServer start(Routes routes, AdapterApplication application) throws Exception {
        CountersignFilter.Builder settings = CountersignFilter.builder(routes);
        CountersignFilter filter = (isAsynchronous() ? settings.asynchronous() : settings).build();
        filters.add(filter);
        WebApp app = new WebApp().asynchronous(isAsynchronous()).filter(filter);
        for (String pattern : List.of("/api/*", "/open/*", "/health", "/")) {
            app.servlet(pattern, (request, response) -> {
                VerifiedRequest verified = CountersignFilter.find(request).orElse(null);
                byte[] body = request.getInputStream().readAllBytes();
                response.setContentType("text/plain");
                response.getOutputStream()
                        .write(application
                                .handle(verified, paths(pattern, request), body)
                                .getBytes(StandardCharsets.UTF_8));
            });
        }
        return servers().start(isPermissive() ? app : app.onDefaults());
    }

    /** By all of these a framework may route. */
    private static List<String> paths(String pattern, HttpServletRequest request) {
        List<String> paths = new ArrayList<>();
        if (!pattern.equals("/")) {
            paths.add(pattern.replace("/*", ""));
        }
        paths.add(request.getRequestURI());
        String info = request.getPathInfo();
        paths.add(request.getServletPath() + (info == null ? "" : info));
        return paths;
    }

    @Override
    protected boolean speaksHttp2() {
        return true;
    }

    @Override
    protected void assertNothingIsHeld() {
        long began = System.nanoTime();
        for (CountersignFilter filter : filters) {
            // A client that left is noticed a moment later.
            while (FilterGauges.bodyMemoryUsed(filter) != 0 && System.nanoTime() - began < HANGING_NANOS) {
                LockSupport.parkNanos(1_000_000);
            }
            assertEquals(0, FilterGauges.bodyMemoryUsed(filter), "bytes of bodies that nobody verifies any more");
        }
    }
}
