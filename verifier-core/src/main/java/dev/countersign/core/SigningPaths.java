package dev.countersign.core;

import dev.countersign.api.wire.HttpMethod;
import dev.countersign.core.step.PathRule;
import dev.countersign.core.step.PathRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Rules for which path a signature covers. A rule maps the paths with a certain prefix, of requests with certain
 * methods, to other signed paths (protocol, The /ingest rule). A path that no rule matches is signed as it is. Matching
 * compares bytes: case matters, and nothing is decoded.
 *
 * <pre>{@code
 * SigningPaths auth = SigningPaths.strip("/auth");                       // a service below a gateway's prefix
 * SigningPaths own = SigningPaths.builder().rule(Set.of("POST"), "/ingest/v2/", "/v2/").build();
 * }</pre>
 *
 * <p>A rule maps two paths to one signed path: with the default rules, a signature for {@code POST /v1/x} is also valid
 * for {@code POST /ingest/v1/x}. If the two mean different things in your deployment, use {@link #none()} on one of
 * them.
 *
 * <p>If a gateway mounts a service below a prefix and the clients sign the service's own path, use {@link #strip
 * strip("/auth")}. Build a verifier for each service, and one nonce store for services with the same devices. If one
 * verifier stripped several prefixes, a signature for {@code /auth/x} would also be valid for {@code /consent/x}, and
 * an attacker who holds a request back could choose the service. That needs
 * {@link Builder#allowOneSignatureForSeveralServices}.
 *
 * <p>Immutable and thread-safe.
 */
public final class SigningPaths {
    /** Stands for all methods, unknown ones included. */
    private static final Set<String> EVERY_METHOD = Set.of();

    private static final SigningPaths NONE = new SigningPaths(new PathRules(List.of(), List.of()));
    private static final SigningPaths INGEST =
            builder().rule(Set.of("POST"), "/ingest/v1/", "/v1/").build();

    private final PathRules rules;

    private SigningPaths(PathRules rules) {
        this.rules = rules;
    }

    /** No rules: every path is signed as it arrives. For services behind a gateway that strips the prefix itself. */
    public static SigningPaths none() {
        return NONE;
    }

    /**
     * The default: a POST whose path starts with {@code /ingest/v1/} is signed without the leading {@code /ingest}.
     * Every other path is signed as it arrives.
     */
    public static SigningPaths ingest() {
        return INGEST;
    }

    /**
     * For a service that a gateway mounts below a prefix and whose clients sign the service's own path. Every path
     * below the prefix is signed without it, with any method. Every other path is signed as it arrives,
     * {@code /ingest/v1/…} too.
     *
     * @param prefix starts with a slash and does not end with one: {@code /auth}
     * @throws IllegalArgumentException if the prefix has another form
     */
    public static SigningPaths strip(String prefix) {
        return builder().strip(prefix).build();
    }

    /**
     * The same rules, which also accept a signature for the path as it arrived, below a prefix; see
     * {@link Builder#acceptUnstripped}.
     *
     * @throws IllegalArgumentException if the prefix is not in its form, or no rule matches a path below it
     */
    public SigningPaths acceptingUnstripped(String prefix) {
        Builder copy = new Builder();
        copy.rules.addAll(rules.rules());
        copy.alsoUnstripped.addAll(rules.alsoUnstripped());
        copy.oneSignatureForSeveralServices = true; // if it is so, it was allowed already
        return copy.acceptUnstripped(prefix).build();
    }

    /** Creates a builder without rules. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The paths that a signature of this request may cover: the one by rule and, if a signature for the path as it
     * arrived is accepted too, that one.
     *
     * @param path the raw path without the query
     */
    public List<String> signedPaths(String method, String path) {
        return rules.signedPaths(method, path);
    }

    PathRules rules() {
        return rules;
    }

    /** Builds {@link SigningPaths}. Not thread-safe. */
    public static final class Builder {
        private final List<PathRule> rules = new ArrayList<>();
        private final List<String> alsoUnstripped = new ArrayList<>();
        private boolean oneSignatureForSeveralServices;

        private Builder() {}

        /**
         * Adds the rule of {@link SigningPaths#strip}: every method, the prefix stripped.
         *
         * @param prefix starts with a slash and does not end with one
         * @throws IllegalArgumentException if it is not in its form
         */
        public Builder strip(String prefix) {
            requirePath("prefix to strip", prefix);
            if (prefix.endsWith("/")) {
                throw new IllegalArgumentException(
                        "a signing-path prefix to strip does not end with a slash, as /auth does not: " + prefix);
            }
            rules.add(new PathRule(EVERY_METHOD, prefix + "/", "/"));
            return this;
        }

        /**
         * Allows rules that map two prefixes to the same signed paths, which {@link #build} refuses otherwise. An
         * attacker who can hold a request back can then choose the service: a request that is signed for
         * {@code /auth/x} is accepted at {@code /consent/x} instead. If the services do not share a nonce store, it is
         * accepted once by each. Prefer a verifier for each service.
         */
        public Builder allowOneSignatureForSeveralServices() {
            oneSignatureForSeveralServices = true;
            return this;
        }

        /**
         * Adds a rule that replaces the prefix of a matching path before the signature is checked.
         *
         * @param methods upper-case methods it holds for, at least one
         * @param prefix starts and ends with a slash
         * @param replacement starts and ends with a slash
         * @throws IllegalArgumentException if a part is not in its form
         */
        public Builder rule(Set<String> methods, String prefix, String replacement) {
            requirePrefix("prefix", prefix);
            requirePrefix("replacement", replacement);
            if (methods.isEmpty()) {
                throw new IllegalArgumentException("a signing-path rule needs at least one method");
            }
            for (String method : methods) {
                if (!HttpMethod.isWellFormed(method)) {
                    throw new IllegalArgumentException(
                            "a signing-path rule's method must be upper-case ASCII letters: " + method);
                }
            }
            rules.add(new PathRule(Set.copyOf(methods), prefix, replacement));
            return this;
        }

        /**
         * Also accepts a signature for the path as it arrived, if a rule matches and the path starts with this prefix.
         * Off unless set. The quick starts of some clients sign {@code /ingest/v1/hsi} unstripped.
         *
         * @param prefix starts with a slash; compared byte by byte, so {@code /ingest/v1/hsi} includes
         *     {@code /ingest/v1/hsi2}
         */
        public Builder acceptUnstripped(String prefix) {
            requirePath("prefix", prefix);
            alsoUnstripped.add(prefix);
            return this;
        }

        /**
         * Builds the rules.
         *
         * @throws IllegalArgumentException if two rules can match one request, if they map two prefixes to one signed
         *     path and that was not allowed, or if an unstripped prefix matches no rule
         */
        public SigningPaths build() {
            for (int i = 0; i < rules.size(); i++) {
                for (int j = 0; j < i; j++) {
                    if (rules.get(i).overlaps(rules.get(j))) {
                        throw new IllegalArgumentException("two signing-path rules can match one request: the prefixes "
                                + rules.get(j).prefix() + " and " + rules.get(i).prefix()
                                + "; make the prefixes or the methods disjoint");
                    }
                    if (!oneSignatureForSeveralServices && rules.get(i).meets(rules.get(j))) {
                        throw new IllegalArgumentException(
                                "one signature would be good for two services: what is sent to "
                                        + rules.get(j).prefix() + " and to "
                                        + rules.get(i).prefix()
                                        + " is signed for the same paths, so an attacker who holds a request back can"
                                        + " deliver it to the other one; build a verifier for each service, or call"
                                        + " allowOneSignatureForSeveralServices() if that does no harm");
                    }
                }
            }
            for (String prefix : alsoUnstripped) {
                boolean used = false;
                for (PathRule rule : rules) {
                    used |= prefix.startsWith(rule.prefix()) || rule.prefix().startsWith(prefix);
                }
                if (!used) {
                    throw new IllegalArgumentException("acceptUnstripped(" + prefix
                            + ") has no effect: no signing-path rule matches a path below it");
                }
            }
            return new SigningPaths(new PathRules(rules, alsoUnstripped));
        }

        private static void requirePrefix(String what, String path) {
            requirePath(what, path);
            if (!path.endsWith("/")) {
                throw new IllegalArgumentException("a signing-path " + what + " ends with a slash: " + path);
            }
        }

        private static void requirePath(String what, String path) {
            boolean ok = path.startsWith("/");
            for (int i = 0; i < path.length(); i++) {
                char c = path.charAt(i);
                ok &= c > 0x20 && c < 0x7F && c != '?' && c != '#' && c != '\\';
            }
            if (!ok) {
                throw new IllegalArgumentException("a signing-path " + what
                        + " is visible ASCII, starts with a slash, and has no '?', '#' or '\\': " + path);
            }
        }
    }
}
