package dev.countersign.servlet.tests;

import dev.countersign.api.route.Routes;
import dev.countersign.servlet.CountersignFilter;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** A web application for any server: filters in their order, all mapped to everything, and servlets. */
public final class WebApp {
    private final Map<String, Filter> filters = new LinkedHashMap<>();
    private final Map<String, HttpServlet> servlets = new LinkedHashMap<>();
    private final Map<Integer, String> errorPages = new LinkedHashMap<>();
    private String contextPath = "";
    private boolean isPermissive = true;
    private boolean isAsynchronous;

    /** What a servlet does. */
    public interface Application {
        /** Serves a request. */
        void serve(HttpServletRequest request, HttpServletResponse response) throws IOException, ServletException;
    }

    /** What a filter does. */
    public interface Step {
        /** Passes a request on, or not. */
        void filter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
                throws IOException, ServletException;
    }

    /** With nothing in it. */
    public WebApp() {}

    /** A filter for all requests and dispatches. */
    public WebApp filter(Filter filter) {
        filters.put("filter-" + filters.size(), filter);
        return this;
    }

    /** A filter for all requests and dispatches. */
    public WebApp step(Step step) {
        return filter(new StepFilter(step));
    }

    /** Countersign's filter. */
    public WebApp routes(Routes routes) {
        return filter(new CountersignFilter(routes));
    }

    /** A servlet. */
    public WebApp servlet(String pattern, Application application) {
        return servlet(pattern, new ApplicationServlet(application));
    }

    /** A servlet. */
    public WebApp servlet(String pattern, HttpServlet servlet) {
        servlets.put(pattern, servlet);
        return this;
    }

    /** A page for a status. */
    public WebApp errorPage(int status, String location) {
        errorPages.put(status, location);
        return this;
    }

    /** Where it is; without a slash at its end. */
    public WebApp contextPath(String path) {
        contextPath = path;
        return this;
    }

    /** The server's settings as they are unless set, instead of those that let everything through. */
    public WebApp onDefaults() {
        isPermissive = false;
        return this;
    }

    /** The filter waits for nothing on a thread of the server's. */
    public WebApp asynchronous(boolean value) {
        isAsynchronous = value;
        return this;
    }

    /** Whether the filter waits for nothing on a thread of the server's. */
    public boolean isAsynchronous() {
        return isAsynchronous;
    }

    /** By name, in order. */
    public Map<String, Filter> filters() {
        return filters;
    }

    /** By pattern. */
    public Map<String, HttpServlet> servlets() {
        return servlets;
    }

    /** By status. */
    public Map<Integer, String> errorPages() {
        return errorPages;
    }

    /** Where it is. */
    public String contextPath() {
        return contextPath;
    }

    /** Whether the server lets everything through that it can. */
    public boolean isPermissive() {
        return isPermissive;
    }

    private record StepFilter(Step step) implements Filter {
        @Override
        public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
                throws IOException, ServletException {
            step.filter((HttpServletRequest) request, (HttpServletResponse) response, chain);
        }
    }

    private static final class ApplicationServlet extends HttpServlet {
        private static final long serialVersionUID = 1L;

        private final transient Application application;

        ApplicationServlet(Application application) {
            this.application = application;
        }

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response)
                throws IOException, ServletException {
            application.serve(request, response);
        }
    }
}
