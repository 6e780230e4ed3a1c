package dev.countersign.servlet.tests.undertow;

import dev.countersign.servlet.tests.ServletServers;
import dev.countersign.servlet.tests.WebApp;
import dev.countersign.tck.adapter.AdapterServer;
import io.undertow.Handlers;
import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import io.undertow.server.HttpHandler;
import io.undertow.servlet.Servlets;
import io.undertow.servlet.api.DeploymentInfo;
import io.undertow.servlet.api.DeploymentManager;
import io.undertow.servlet.util.ImmediateInstanceFactory;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.ServletException;
import java.net.InetSocketAddress;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Undertow 2.3 with its servlets. */
final class UndertowServers implements ServletServers {
    private static final int ROOM_FOR_HEADS = 4_000_000;
    private static final long ROOM_FOR_BODIES = 16 << 20;
    private static final Logger LOG = Logger.getLogger("io.undertow");
    private static final Logger BELOW = Logger.getLogger("org.xnio");

    /** Changes a server before it starts. */
    interface Change {
        void to(Undertow.Builder builder);
    }

    static {
        LOG.setLevel(Level.OFF); // failures that tests provoke
        BELOW.setLevel(Level.OFF);
    }

    @Override
    public String name() {
        return "Undertow 2.3";
    }

    @Override
    public AdapterServer start(WebApp app) throws Exception {
        return start(app, builder -> {});
    }

    static AdapterServer start(WebApp app, Change change) throws Exception {
        DeploymentInfo deployment = Servlets.deployment()
                .setClassLoader(UndertowServers.class.getClassLoader())
                .setContextPath(app.contextPath().isEmpty() ? "/" : app.contextPath())
                .setDeploymentName("tests")
                .setEagerFilterInit(
                        true); // what is wrong with a filter's place shows at once, not with the first request
        app.filters().forEach((name, filter) -> {
            deployment.addFilter(Servlets.filter(name, filter.getClass(), new ImmediateInstanceFactory<>(filter))
                    .setAsyncSupported(true));
            for (DispatcherType type : DispatcherType.values()) {
                deployment.addFilterUrlMapping(name, "/*", type);
            }
        });
        app.servlets()
                .forEach((pattern, servlet) -> deployment.addServlet(Servlets.servlet(
                                "servlet " + pattern, servlet.getClass(), new ImmediateInstanceFactory<>(servlet))
                        .addMapping(pattern)
                        .setAsyncSupported(true)));
        app.errorPages().forEach((status, page) -> deployment.addErrorPage(Servlets.errorPage(page, status)));
        DeploymentManager manager = Servlets.newContainer().addDeployment(deployment);
        manager.deploy();
        HttpHandler servlets = manager.start();
        HttpHandler root =
                app.contextPath().isEmpty() ? servlets : Handlers.path().addPrefixPath(app.contextPath(), servlets);
        Undertow.Builder builder = Undertow.builder()
                .setIoThreads(2)
                .setWorkerThreads(16)
                .addHttpListener(0, "127.0.0.1")
                .setHandler(root)
                .setServerOption(UndertowOptions.ENABLE_HTTP2, true);
        if (app.isPermissive()) {
            builder.setServerOption(UndertowOptions.DECODE_SLASH, true)
                    .setServerOption(UndertowOptions.MAX_ENTITY_SIZE, ROOM_FOR_BODIES)
                    .setServerOption(UndertowOptions.DECODE_URL, true)
                    .setServerOption(UndertowOptions.MAX_HEADERS, 20_000)
                    .setServerOption(UndertowOptions.MAX_HEADER_SIZE, ROOM_FOR_HEADS);
        }
        change.to(builder);
        Undertow server = builder.build();
        server.start();
        return new AdapterServer() {
            @Override
            public int port() {
                return ((InetSocketAddress) server.getListenerInfo().get(0).getAddress()).getPort();
            }

            @Override
            public void close() {
                try {
                    manager.stop();
                } catch (ServletException failure) {
                    throw new IllegalStateException(failure);
                } finally {
                    manager.undeploy();
                    server.stop();
                }
            }
        };
    }
}
