package dev.countersign.servlet.tests.tomcat11;

import dev.countersign.servlet.tests.ServletServers;
import dev.countersign.servlet.tests.WebApp;
import dev.countersign.tck.adapter.AdapterServer;
import jakarta.servlet.DispatcherType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.logging.Handler;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.LifecycleState;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.coyote.http2.Http2Protocol;
import org.apache.tomcat.util.descriptor.web.ErrorPage;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.apache.tomcat.util.descriptor.web.FilterMap;

/** Tomcat 11.0. */
final class TomcatServers implements ServletServers {
    private static final String ROOM_FOR_HEADS = "4000000";
    private static final String ODD_CHARACTERS = "\"<>[\\]^`{|}";

    static {
        // Failures that tests provoke. Tomcat sets levels of its own, for each application.
        for (Handler handler : Logger.getLogger("").getHandlers()) {
            handler.setFilter(entry -> !String.valueOf(entry.getLoggerName()).startsWith("org.apache."));
        }
    }

    @Override
    public String name() {
        return "Tomcat 11.0";
    }

    @Override
    public AdapterServer start(WebApp app) throws Exception {
        return start(app, connector -> {});
    }

    /** With settings of a test's own. */
    static AdapterServer start(WebApp app, Consumer<Connector> settings) throws Exception {
        Path folder = Files.createTempDirectory("countersign-tomcat");
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(folder.toString());
        Connector connector = new Connector();
        connector.setPort(0);
        set(connector, "address", "127.0.0.1");
        connector.addUpgradeProtocol(new Http2Protocol());
        if (app.isPermissive()) {
            set(connector, "relaxedPathChars", ODD_CHARACTERS);
            set(connector, "relaxedQueryChars", ODD_CHARACTERS);
            connector.setAllowBackslash(true);
            connector.setEncodedSolidusHandling("decode");
            connector.setEncodedReverseSolidusHandling("decode");
            set(connector, "maxHeaderCount", "20000");
            set(connector, "maxHttpRequestHeaderSize", ROOM_FOR_HEADS);
            if (!app.isAsynchronous()) {
                // A read listener alone is no read to Tomcat: it would never ask for the body.
                set(connector, "continueResponseTiming", "onRead");
            }
            connector.setAllowTrace(true);
        }
        settings.accept(connector);
        tomcat.setConnector(connector);
        Context context = tomcat.addContext(app.contextPath(), folder.toString());
        app.filters().forEach((name, filter) -> {
            FilterDef definition = new FilterDef();
            definition.setFilterName(name);
            definition.setFilter(filter);
            definition.setAsyncSupported("true");
            context.addFilterDef(definition);
            FilterMap mapping = new FilterMap();
            mapping.setFilterName(name);
            mapping.addURLPattern("/*");
            for (DispatcherType type : DispatcherType.values()) {
                mapping.setDispatcher(type.name());
            }
            context.addFilterMap(mapping);
        });
        app.servlets().forEach((pattern, servlet) -> {
            Tomcat.addServlet(context, "servlet " + pattern, servlet).setAsyncSupported(true);
            context.addServletMapping(pattern, "servlet " + pattern);
        });
        app.errorPages().forEach((status, location) -> {
            ErrorPage page = new ErrorPage();
            page.setErrorCode(status);
            page.setLocation(location);
            context.addErrorPage(page);
        });
        tomcat.start();
        if (context.getState() != LifecycleState.STARTED) {
            stop(tomcat, folder);
            throw new LifecycleException("the application did not start");
        }
        return new AdapterServer() {
            @Override
            public int port() {
                return connector.getLocalPort();
            }

            @Override
            public void close() {
                try {
                    stop(tomcat, folder);
                } catch (LifecycleException | IOException failure) {
                    throw new IllegalStateException(failure);
                }
            }
        };
    }

    private static void set(Connector connector, String property, String value) {
        if (!connector.setProperty(property, value)) {
            throw new IllegalArgumentException("Tomcat's connector has no " + property);
        }
    }

    private static void stop(Tomcat tomcat, Path folder) throws LifecycleException, IOException {
        tomcat.stop();
        tomcat.destroy();
        List<Path> files;
        try (Stream<Path> found = Files.walk(folder)) {
            files = found.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : files) {
            Files.delete(file);
        }
    }
}
