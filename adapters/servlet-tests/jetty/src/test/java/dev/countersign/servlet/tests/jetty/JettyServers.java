package dev.countersign.servlet.tests.jetty;

import dev.countersign.servlet.tests.ServletServers;
import dev.countersign.servlet.tests.WebApp;
import dev.countersign.tck.adapter.AdapterServer;
import jakarta.servlet.DispatcherType;
import java.util.EnumSet;
import org.eclipse.jetty.ee10.servlet.ErrorPageErrorHandler;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.http.UriCompliance.Violation;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.component.LifeCycle;

/** Jetty 12.1 with its servlets of Jakarta EE 10. */
final class JettyServers implements ServletServers {
    private static final int ROOM_FOR_HEADS = 4_000_000;

    /** Changes a context before it starts. */
    interface Change {
        void to(ServletContextHandler context);
    }

    @Override
    public String name() {
        return "Jetty 12.1";
    }

    @Override
    public AdapterServer start(WebApp app) throws Exception {
        return start(app, context -> {});
    }

    static AdapterServer start(WebApp app, Change change) throws Exception {
        HttpConfiguration http = new HttpConfiguration();
        ServletContextHandler context = new ServletContextHandler();
        if (app.isPermissive()) {
            http.setUriCompliance(
                    UriCompliance.from(EnumSet.complementOf(EnumSet.of(Violation.FRAGMENT, Violation.USER_INFO))));
            http.setRequestHeaderSize(ROOM_FOR_HEADS);
            context.getServletHandler().setDecodeAmbiguousURIs(true);
        }
        context.setContextPath(app.contextPath().isEmpty() ? "/" : app.contextPath());
        ErrorPageErrorHandler pages = new ErrorPageErrorHandler();
        app.errorPages().forEach(pages::addErrorPage);
        context.setErrorHandler(pages);
        app.filters().forEach((name, filter) -> {
            FilterHolder holder = new FilterHolder(filter);
            holder.setName(name);
            holder.setAsyncSupported(true);
            context.addFilter(holder, "/*", EnumSet.allOf(DispatcherType.class));
        });
        app.servlets().forEach((pattern, servlet) -> {
            ServletHolder holder = new ServletHolder(servlet);
            holder.setAsyncSupported(true);
            context.addServlet(holder, pattern);
        });
        change.to(context);
        Server server = new Server();
        ServerConnector connector = new ServerConnector(
                server, 1, 1, new HttpConnectionFactory(http), new HTTP2CServerConnectionFactory(http));
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        server.setHandler(context);
        server.setStopTimeout(0);
        try {
            server.start();
        } catch (Exception refused) {
            server.stop();
            throw refused;
        }
        return new AdapterServer() {
            @Override
            public int port() {
                return connector.getLocalPort();
            }

            @Override
            public void close() {
                LifeCycle.stop(server);
            }
        };
    }
}
