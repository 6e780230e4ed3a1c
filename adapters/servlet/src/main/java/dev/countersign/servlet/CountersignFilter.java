package dev.countersign.servlet;

import dev.countersign.api.ErrorAnswer;
import dev.countersign.api.RequestVerifier;
import dev.countersign.api.VerifiedRequest;
import dev.countersign.api.route.Route;
import dev.countersign.api.route.Routes;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.FilterConfig;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets verified requests through, and of all others those alone that {@link Routes} leave open. Map it to everything:
 *
 * <pre>{@code
 * Routes routes = Routes.by(verifier).protectAllExcept("/health");
 * context.addFilter("countersign", new CountersignFilter(routes))
 *         .addMappingForUrlPatterns(EnumSet.allOf(DispatcherType.class), false, "/*");
 * }</pre>
 *
 * <p>For each request that is not open it reads the head, then the body (once, into memory, as it arrives and no further than
 * the verifier's limit), and waits for the verdict on the container's thread, at most for the verifier's time limits. The
 * signature is checked and listeners are called on that thread, with its logging context. What is kept of a body is dropped as
 * soon as its verification ends itself, because the timestamp is not fresh any more or the body takes too long; the answer
 * goes out with the next byte, or at the end of the container's wait for one. A body that does not arrive in the container's
 * time is answered with a 408; one that is cut, by the container. A faulty head is answered before a byte of the body is read.
 * Bodies that are not verified yet take at most {@link Builder#bodyMemory} together; beyond that the answer is a 503. An
 * accepted request goes on with its body unchanged. What the signature does not cover (query, host, other headers) goes on
 * too; {@link VerifiedRequest} says what is what. Methods are taken as sent: a header such as {@code X-HTTP-Method-Override}
 * means nothing here, and a filter behind this one should not honour it either.
 *
 * <p>An answer that is sent before the body was read would often be lost on HTTP/1, the connection being closed under a
 * client that still sends. So the rest of the body is read and dropped before the connection closes, within
 * {@link DrainLimits} and without a thread; that needs asynchronous mode.
 *
 * <h2>The border</h2>
 *
 * What is open and what is verified is decided by the path as the client sent it, and by nothing else: neither the filter's
 * mapping nor the servlet path moves it, nor a header such as {@code X-Forwarded-Prefix} under a filter in front. A mapping to a
 * part of the application is no border, because containers and frameworks read paths such as {@code /v1/..;/x} in different ways. So
 * map the filter to {@code /*}, for <em>all</em> dispatcher types.
 *
 * <p>The first dispatch of a request is judged. Later ones of a verified request pass. Of one that passed because it is open, a forward,
 * include or asynchronous dispatch is matched again by its new path, and refused with an exception if that is protected. An error
 * dispatch passes for both. An error page for a request that was neither is left out; its status stays.
 *
 * <h2>In front of it</h2>
 *
 * Nothing that reads or changes bodies may stand in front: the body is verified as it was sent, so a handler that undoes a
 * {@code Content-Encoding} belongs behind the filter. Where something has read the body before, the filter throws an exception
 * that says so, and the answer is the container's 500. It can tell if the body is gone or ends below its announced length; a
 * chunked body that was read in part looks like any other body, and its signature does not verify. A filter for CORS belongs in front: it
 * answers preflight requests, which are not signed, and decorates rejections so that browsers show them. Mark the filter, those in
 * front of it and the servlets as supporting asynchronous mode, also where no servlet uses it: without that early answers close the
 * connection at once.
 *
 * <h2>Raw targets</h2>
 *
 * The signature covers the path as sent, {@code %2F}, {@code //}, {@code ..} and {@code ;} included. Containers refuse
 * some of these with a 400 of their own before a filter sees them, which is safe. In Jetty 12, the violations of
 * {@code UriCompliance} allowed in the {@code HttpConfiguration} decide which ones come through; allow
 * all but {@code FRAGMENT} and {@code USER_INFO}, which hide a part of the target, and set
 * {@code ServletHandler.setDecodeAmbiguousURIs(true)}: otherwise the application's {@code getServletPath()} throws for a request that
 * was accepted, and its nonce is used up. Authorise and route by {@link VerifiedRequest#path}: the
 * container's own servlet path is decoded and normalised, and several raw paths map to it. What a container reads into a target
 * before, the filter does not see: Jetty takes {@code http:/x} for {@code /x}, and the filter then verifies {@code /x}.
 * The same holds for a fragment right behind an authority or its query ({@code http://h#f}), which Jetty drops.
 *
 * <h2>What the application sees</h2>
 *
 * {@code getInputStream} and {@code getReader} give the verified bytes, under the rules of the servlet specification
 * and also with a {@code ReadListener}. Parameters come from the body, for a POST of
 * {@code application/x-www-form-urlencoded} whose body was not read yet, and behind those from the query: what is signed comes first,
 * so {@code getParameter} does not prefer an unsigned {@code ?amount=1000} to the form's {@code amount=10}. Unlike in most containers,
 * broken escapes stand for themselves, and more than 10000 parameters are an {@code IllegalStateException}. Parts of
 * {@code multipart/form-data} are taken from the verified bytes, within {@link MultipartLimits}, and their fields are parameters of a
 * POST; that needs {@code commons-fileupload2-core} on the class path, and without it the answer is a 415. Headers, the
 * content length among them, are those that were sent. {@code getUserPrincipal} is a {@link VerifiedPrincipal}.
 *
 * <p>A response to a verified request gets {@code Cache-Control: no-store} when it is committed, unless it has a {@code Cache-Control},
 * {@code Expires} or {@code Pragma} by then: a shared cache would otherwise hand it to anybody.
 *
 * <p>Thread-safe. Does not close the verifiers.
 */
public final class CountersignFilter implements Filter {
    /** The request attribute with the {@link VerifiedRequest}, for expression languages and the like. */
    public static final String ATTRIBUTE = "dev.countersign.verifiedRequest";

    private static final String JETTY_UPGRADES = "WebSocketUpgradeFilter";

    private final Routes routes;
    private final RawTargetSource targets;
    private final RefusalSender refusals;
    private final BodyMemory memory;
    private final boolean asynchronous;
    private final MultipartParser multipart;
    private volatile boolean isPlaceChecked;

    /** A filter with the standard settings: what {@link #builder} builds if nothing is set. */
    public CountersignFilter(Routes routes) {
        this(builder(routes));
    }

    private CountersignFilter(Builder settings) {
        this.routes = settings.routes;
        this.targets = settings.rawTargetSource;
        this.refusals = new RefusalSender(new BodyDrains(settings.drainLimits, settings.nanoTime));
        this.memory = new BodyMemory(settings.bodyMemory());
        this.asynchronous = settings.asynchronous;
        this.multipart = new MultipartParser(settings.multipartLimits);
    }

    /** Starts the settings of a filter. */
    public static Builder builder(Routes routes) {
        return new Builder(Objects.requireNonNull(routes, "routes"));
    }

    /** Settings of a {@link CountersignFilter}. Not thread-safe; may build several filters. */
    public static final class Builder {
        private static final long LEAST_MEMORY = 1 << 20;

        private final Routes routes;
        private RawTargetSource rawTargetSource = RawTargetSource.requestUri();
        private DrainLimits drainLimits = DrainLimits.standard();
        private LongSupplier nanoTime = System::nanoTime;
        private @Nullable Long bodyMemory;

        private boolean asynchronous;
        private MultipartLimits multipartLimits = MultipartLimits.standard();

        private Builder(Routes routes) {
            this.routes = routes;
        }

        /** Where the raw target comes from, for a container with a way of its own; {@link RawTargetSource#requestUri} unless set. */
        public Builder rawTargetSource(RawTargetSource source) {
            this.rawTargetSource = Objects.requireNonNull(source, "source");
            return this;
        }

        /**
         * What is read of a body after its request was answered; {@link DrainLimits#standard} unless set. For a verifier whose limit for
         * bodies is another, or for slow clients.
         */
        public Builder drainLimits(DrainLimits limits) {
            this.drainLimits = Objects.requireNonNull(limits, "limits");
            return this;
        }

        /**
         * How many bytes the bodies that are not verified yet may take together, over all connections: at least 1 MiB, a quarter of the
         * heap unless set. A request whose body finds no room is answered with a 503 and reads on no further. Bodies of more than
         * 64 KiB may use three quarters of it, so that they leave room for small ones.
         *
         * @throws IllegalArgumentException if it is less
         */
        public Builder bodyMemory(long bytes) {
            if (bytes < LEAST_MEMORY) {
                throw new IllegalArgumentException("bodyMemory is at least " + LEAST_MEMORY + " bytes, not " + bytes);
            }
            this.bodyMemory = bytes;
            return this;
        }

        /**
         * No thread of the container waits for a body or a store: the container calls when bytes come, and the request is dispatched
         * once more when it is accepted. That dispatch is of type ASYNC for the container, so map every filter and servlet behind
         * this one for it as well; to the application it looks like the first one. Everything in front of the application must support
         * asynchronous mode.
         */
        public Builder asynchronous() {
            this.asynchronous = true;
            return this;
        }

        /** How much a {@code multipart/form-data} body may hold; {@link MultipartLimits#standard} unless set. */
        public Builder multipartLimits(MultipartLimits limits) {
            this.multipartLimits = Objects.requireNonNull(limits, "limits");
            return this;
        }

        private long bodyMemory() {
            Long set = bodyMemory;
            return set != null
                    ? set
                    : Math.max(LEAST_MEMORY, Runtime.getRuntime().maxMemory() / 4);
        }

        /** For tests: the clock of the drains. */
        Builder nanoTime(LongSupplier clock) {
            this.nanoTime = clock;
            return this;
        }

        /** The filter. */
        public CountersignFilter build() {
            return new CountersignFilter(this);
        }
    }

    /** How many bodies are read and dropped now. */
    int drainsRunning() {
        return refusals.drainsRunning();
    }

    /** How many bytes of bodies are held that are not verified. */
    long bodyMemoryUsed() {
        return memory.used();
    }

    /**
     * What was verified of a request, in any wrapper.
     *
     * @return empty if no filter of this type has verified it; so it is for an open request
     */
    public static Optional<VerifiedRequest> find(ServletRequest request) {
        return Optional.ofNullable(Mark.verified(request)).map(Mark.Verified::request);
    }

    /**
     * What was verified of a request, for code that must not run unless it was.
     *
     * @throws IllegalStateException if no filter of this type has verified it
     */
    public static VerifiedRequest require(ServletRequest request) {
        return find(request)
                .orElseThrow(() ->
                        new IllegalStateException("the request was not verified: map CountersignFilter to /*, for all"
                                + " dispatcher types, and do not open this path"));
    }

    /**
     * Looks at where the filter is placed.
     *
     * @throws ServletException if a pattern of the routes can match nothing below the application's context path, or something
     *     in front of all filters upgrades connections
     */
    @Override
    public void init(FilterConfig config) throws ServletException {
        checkPlace(config.getServletContext());
    }

    private void checkPlace(ServletContext context) throws ServletException {
        try {
            routes.requireBelow(context.getContextPath());
        } catch (IllegalArgumentException misplaced) {
            throw new ServletException(misplaced.getMessage(), misplaced);
        }
        for (String name : context.getFilterRegistrations().keySet()) {
            if (name.endsWith(JETTY_UPGRADES)) {
                throw new ServletException(
                        "Jetty's WebSocketUpgradeFilter stands in front of all filters and upgrades requests that"
                                + " nobody verified: leave JettyWebSocketServletContainerInitializer.configure() without mappings, and map a"
                                + " JettyWebSocketServlet to the path");
            }
        }
    }

    /** {@inheritDoc} */
    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        if (!(request instanceof HttpServletRequest http) || !(response instanceof HttpServletResponse httpResponse)) {
            throw new ServletException("CountersignFilter verifies HTTP requests only");
        }
        if (!isPlaceChecked) {
            checkPlace(request.getServletContext()); // again: init() is not called by all, and comes before other
            // filters' own
            isPlaceChecked = true;
        }
        switch (request.getDispatcherType()) {
            case REQUEST -> first(http, httpResponse, chain);
            case ERROR -> {
                // An error of a request that was refused or never seen keeps its status; the page about it is left out.
                if (Mark.verified(request) != null || Mark.isOpen(request, routes)) {
                    chain.doFilter(request, response);
                }
            }
            case FORWARD, INCLUDE, ASYNC -> {
                AsynchronousVerification accepted = request.getDispatcherType() == DispatcherType.ASYNC
                        ? AsynchronousVerification.pending(this, request)
                        : null;
                if (accepted != null) {
                    accepted.serve(http, httpResponse, chain, multipart);
                    return;
                }
                if (!mayGoOn(http)) {
                    throw new ServletException(
                            "an unverified request was dispatched to a path that CountersignFilter protects");
                }
                chain.doFilter(request, response);
            }
        }
    }

    private void first(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        String target = targets.target(ContainerRequest.of(request));
        Route route = routes.match(target);
        RequestVerifier verifier = route.verifier().orElse(null);
        Optional<ErrorAnswer> refusal = route.refusal();
        if (refusal.isPresent()) {
            refusals.sendWithHead(request, response, refusal.get());
        } else if (verifier == null) {
            Mark.put(request, new Mark.Open(routes));
            chain.doFilter(request, response);
        } else if (isVerifiedBy(verifier, request)) {
            chain.doFilter(request, response); // by the same filter, which is mapped twice
        } else if (asynchronous) {
            AsynchronousVerification.begin(this, verifier, memory, refusals, request, response, target);
        } else {
            new BlockingVerification(verifier, memory, refusals, multipart).run(request, response, target, chain);
        }
    }

    /** Whether a later dispatch is one of a verified request, or leads from an open path to another. */
    private boolean mayGoOn(HttpServletRequest request) {
        Route route = routes.match(dispatchTarget(request));
        if (route.isOpen()) {
            String read = Mark.verified(request) == null ? servletTarget(request) : null;
            return read == null || routes.match(read).isOpen();
        }
        return route.verifier()
                .map(verifier -> isVerifiedBy(verifier, request))
                .orElse(false); // a path of no one form, where several schemes could be meant
    }

    private static boolean isVerifiedBy(RequestVerifier verifier, HttpServletRequest request) {
        Mark.Verified mark = Mark.verified(request);
        return mark != null && mark.by() == verifier;
    }

    /** Where a later dispatch leads, as the application or the container wrote it. */
    private static String dispatchTarget(HttpServletRequest request) {
        boolean isInclude = request.getDispatcherType() == DispatcherType.INCLUDE;
        Object included = isInclude ? request.getAttribute(RequestDispatcher.INCLUDE_REQUEST_URI) : null;
        String uri = included instanceof String path ? path : request.getRequestURI();
        return uri == null ? "" : uri;
    }

    /** Where it leads as the container has read it, which chose the handler by it; null where it does not say. */
    private static @Nullable String servletTarget(HttpServletRequest request) {
        boolean isInclude = request.getDispatcherType() == DispatcherType.INCLUDE;
        if (isInclude && request.getAttribute(RequestDispatcher.INCLUDE_SERVLET_PATH) == null) {
            return null; // by its name, and not by a path
        }
        Object servletPath =
                isInclude ? request.getAttribute(RequestDispatcher.INCLUDE_SERVLET_PATH) : request.getServletPath();
        Object pathInfo = isInclude ? request.getAttribute(RequestDispatcher.INCLUDE_PATH_INFO) : request.getPathInfo();
        String path = (servletPath == null ? "" : servletPath.toString()) + (pathInfo == null ? "" : pathInfo);
        // Decoded already: what would be decoded once more has no one form.
        return request.getServletContext().getContextPath() + (path.isEmpty() ? "/" : path);
    }
}
