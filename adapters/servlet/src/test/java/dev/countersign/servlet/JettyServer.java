package dev.countersign.servlet;

import dev.countersign.api.RequestVerifier;
import dev.countersign.api.route.Routes;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.MultipartConfigElement;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.EnumSet;
import java.util.function.Function;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.http.UriCompliance.Violation;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;

/** A Jetty with the filter in front of everything, on a port that the system chooses. */
final class JettyServer implements AutoCloseable {
    final Server server;
    final ServletContextHandler context = new ServletContextHandler();
    private final ServerConnector connector;

    /** What a servlet of a test does. */
    interface Application {
        void serve(HttpServletRequest request, HttpServletResponse response) throws IOException, ServletException;
    }

    JettyServer() {
        this(new Server(), HttpConnectionFactory::new);
    }

    /** That speaks HTTP/2 without TLS, and nothing else, to clients that know it does. */
    static JettyServer http2() {
        return new JettyServer(new Server(), HTTP2CServerConnectionFactory::new);
    }

    /** A server of few threads. */
    JettyServer(int threads) {
        this(new Server(new QueuedThreadPool(threads)), HttpConnectionFactory::new);
    }

    private JettyServer(Server server, Function<HttpConfiguration, ConnectionFactory> protocol) {
        this.server = server;
        HttpConfiguration http = new HttpConfiguration();
        http.setUriCompliance(
                UriCompliance.from(EnumSet.complementOf(EnumSet.of(Violation.FRAGMENT, Violation.USER_INFO))));
        connector = new ServerConnector(server, 1, 1, protocol.apply(http));
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        server.setHandler(context);
        server.setStopTimeout(0);
    }

    /**
     * Of a filter in the mode that the tests are run in: the build runs them twice, once with the filter waiting on the
     * container's threads and once asynchronously.
     */
    static CountersignFilter.Builder settings(Routes routes) {
        CountersignFilter.Builder settings = CountersignFilter.builder(routes);
        return Boolean.getBoolean("countersign.test.asynchronous") ? settings.asynchronous() : settings;
    }

    /** One servlet at {@code /}, behind the filter. */
    static JettyServer start(RequestVerifier verifier, Application application) throws Exception {
        return new JettyServer()
                .filter(verifier, "/*")
                .servlet("/", application)
                .start();
    }

    /** Mapped to everything, as all filters are here; the routes say what is verified. */
    JettyServer filter(Routes routes) {
        return filter(settings(routes).build(), "/*", true);
    }

    JettyServer filter(RequestVerifier verifier, String pathSpec) {
        return filter(settings(Routes.by(verifier).protectAllExcept()).build(), pathSpec, true);
    }

    JettyServer filter(CountersignFilter filter, String pathSpec, boolean asyncSupported) {
        FilterHolder holder = new FilterHolder(filter);
        holder.setAsyncSupported(asyncSupported);
        context.addFilter(holder, pathSpec, EnumSet.allOf(DispatcherType.class));
        return this;
    }

    JettyServer servlet(String pathSpec, Application application) {
        return servlet(pathSpec, application, null);
    }

    /** @param multipart what the container knows of the servlet's parts, or null */
    JettyServer servlet(String pathSpec, Application application, @Nullable MultipartConfigElement multipart) {
        ServletHolder holder = new ServletHolder(new HttpServlet() {
            private static final long serialVersionUID = 1L;

            @Override
            protected void service(HttpServletRequest request, HttpServletResponse response)
                    throws IOException, ServletException {
                application.serve(request, response);
            }
        });
        holder.setAsyncSupported(true);
        if (multipart != null) {
            holder.getRegistration().setMultipartConfig(multipart);
        }
        context.addServlet(holder, pathSpec);
        return this;
    }

    JettyServer start() throws Exception {
        server.start();
        return this;
    }

    /** For connections that are opened from now on. */
    void idleTimeout(long millis) {
        connector.setIdleTimeout(millis);
    }

    int port() {
        return connector.getLocalPort();
    }

    @Override
    public void close() {
        LifeCycle.stop(server);
    }
}
