package dev.countersign.api.route;

import dev.countersign.api.RequestVerifier;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Which requests are verified, by what, and which are open: the border that an adapter keeps. Made in one of two ways:
 *
 * <pre>{@code
 * Routes most = Routes.by(verifier).protectAllExcept("/health", "/open/**");   // for new handlers too
 * Routes some = Routes.by(verifier).protect("/api/**");                        // the rest of the application is open
 * }</pre>
 *
 * <p>Prefer the first: a handler that is added later is protected unless somebody opens it.
 *
 * <p>A request is open only if its path has <em>one form</em>. That is the path after one percent-decoding, if there is nothing
 * in it that two readers could take for two paths: no {@code \ ; % ? #}, no control character, nothing outside ASCII, no
 * encoded slash, no empty and no dot segment. Routers, proxies and file systems disagree about all of these, so
 * {@code /open/..;/api/secret} or {@code //health} is verified like any other request. {@code protectAllExcept} opens a path
 * only as it is written in the pattern; {@code protect} compares without regard to case and to a slash at the end.
 *
 * <p>A pattern is a path, {@code /health}, or a path and all below it, {@code /open/**}, which matches {@code /open} too. It is
 * compared with the path as it was sent, context path and all: nothing that a server or a proxy header says moves the border.
 *
 * <p>Where parts of an application are signed by another scheme, {@link Builder#route} names its verifier. A request whose path
 * has no one form could then be meant for either, and is refused with a 400.
 *
 * <p>Immutable and thread-safe, if the verifiers are. Closes none of them.
 */
public final class Routes {
    private final List<SchemeRoute> schemes;
    private final Route standard;
    private final List<PathPattern> open;
    private final List<PathPattern> guarded;
    private final boolean protectsAll;

    private Routes(Builder parts, boolean protectsAll, List<PathPattern> patterns) {
        this.schemes = List.copyOf(parts.schemes);
        this.standard = Route.verifiedBy(parts.verifier);
        this.protectsAll = protectsAll;
        this.open = protectsAll ? patterns : List.of();
        this.guarded = protectsAll ? List.of() : patterns;
    }

    /**
     * Begins the routes of an application.
     *
     * @param verifier what is protected and has no {@link Builder#route route} of its own is verified by it
     */
    public static Builder by(RequestVerifier verifier) {
        return new Builder(verifier);
    }

    /**
     * What to do with a request.
     *
     * @param target the request target as it was sent, neither decoded nor normalised, query included; see
     *     {@link dev.countersign.api.RequestHead#target}
     */
    public Route match(String target) {
        String form = OneForm.of(target);
        if (form == null) {
            return schemes.isEmpty() ? standard : Route.REFUSED;
        }
        for (SchemeRoute scheme : schemes) {
            if (scheme.pattern.matchesLoosely(form)) {
                return scheme.route;
            }
        }
        boolean isOpen = protectsAll
                ? open.stream().anyMatch(pattern -> pattern.matchesExactly(form))
                : guarded.stream().noneMatch(pattern -> pattern.matchesLoosely(form));
        return isOpen ? Route.OPEN : standard;
    }

    /**
     * Makes sure that the patterns are meant for an application below this prefix, which servers call its context path. An
     * adapter that knows it calls this at its start.
     *
     * @param contextPath empty, or a path without a slash at its end
     * @throws IllegalArgumentException if a pattern can match nothing there, with what to write in its place
     */
    public void requireBelow(String contextPath) {
        if (contextPath.isEmpty()) {
            return;
        }
        List<PathPattern> all = new ArrayList<>(open);
        all.addAll(guarded);
        schemes.forEach(scheme -> all.add(scheme.pattern));
        for (PathPattern pattern : all) {
            if (!pattern.isEverything() && !pattern.isBelow(contextPath)) {
                throw new IllegalArgumentException("the application's context path is " + contextPath
                        + ", and patterns are" + " compared with the whole path: write \"" + contextPath + pattern
                        + "\" for \"" + pattern + "\"");
            }
        }
    }

    @Override
    public String toString() {
        return "Routes[" + (protectsAll ? "all except " + open : guarded.toString()) + "]";
    }

    private record SchemeRoute(PathPattern pattern, Route route) {}

    /** The parts of {@link Routes}. Not thread-safe. */
    public static final class Builder {
        private final RequestVerifier verifier;
        private final List<SchemeRoute> schemes = new ArrayList<>();

        private Builder(RequestVerifier verifier) {
            this.verifier = Objects.requireNonNull(verifier, "verifier");
        }

        /**
         * Has requests that match a pattern verified by another verifier. They are protected in either mode, and compared
         * without regard to case and to a slash at the end. The first pattern that matches counts.
         *
         * @throws IllegalArgumentException if it is no pattern, with what to change
         */
        public Builder route(String pattern, RequestVerifier by) {
            Objects.requireNonNull(by, "by");
            schemes.add(new SchemeRoute(PathPattern.parse(pattern), Route.verifiedBy(by)));
            return this;
        }

        /**
         * Everything is verified but these paths; all of it if there are none. Map the adapter to everything that the server
         * serves.
         *
         * @throws IllegalArgumentException if one is no pattern or opens everything, with what to change
         */
        public Routes protectAllExcept(String... open) {
            List<PathPattern> patterns = parse(open);
            if (patterns.stream().anyMatch(PathPattern::isEverything)) {
                throw new IllegalArgumentException("\"/**\" opens everything: name the paths that are open");
            }
            return new Routes(this, true, patterns);
        }

        /**
         * These paths are verified, and those of {@link #route}; the rest is open. Map the adapter to everything that the
         * server serves all the same: a server's own mapping reads paths in another way than the application does.
         *
         * @throws IllegalArgumentException if there is none, or one is no pattern, with what to change
         */
        public Routes protect(String... patterns) {
            if (patterns.length == 0) {
                throw new IllegalArgumentException("name at least one path to protect, such as \"/api/**\"");
            }
            return new Routes(this, false, parse(patterns));
        }

        private static List<PathPattern> parse(String... texts) {
            List<PathPattern> patterns = new ArrayList<>();
            for (String text : texts) {
                patterns.add(PathPattern.parse(text));
            }
            return List.copyOf(patterns);
        }
    }
}
