package dev.countersign.core;

import dev.countersign.api.wire.HttpMethod;
import dev.countersign.core.step.PathRule;
import dev.countersign.core.step.PathRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Which path a signature covers: a list of rules, each of which says that requests with certain methods and a certain
 * beginning of the raw path are signed for another path (protocol, The /ingest rule). A path that no rule matches is
 * signed as it is. Matching is by bytes: case matters, nothing is decoded.
 *
 * <p>A rule maps two public paths to one signed path: with the default rules, a signature for {@code POST /v1/x} is also
 * one for {@code POST /ingest/v1/x}. If the two mean different things in your deployment, use {@link #none()} on one of
 * them. The rules never depend on anything but method and path.
 *
 * <p>Services behind a gateway are mounted below a prefix and sign their own path, whatever the method:
 * {@link #strip strip("/auth")} is the rule for one. Give each service a verifier of its own, and services that know the
 * same devices one nonce store. Where one verifier strips several prefixes, a signature for {@code /auth/x} is also one
 * for {@code /consent/x}, and an attacker who holds a request back chooses which service gets it;
 * {@link Builder#allowOneSignatureForSeveralServices} has to be called for that.
 *
 * <p>Immutable and thread-safe.
 */
public final class SigningPaths {
    /** Also methods that nobody has heard of. */
    private static final Set<String> EVERY_METHOD = Set.of();

    private static final SigningPaths NONE = new SigningPaths(new PathRules(List.of(), List.of()));
    private static final SigningPaths INGEST =
            builder().rule(Set.of("POST"), "/ingest/v1/", "/v1/").build();

    private final PathRules rules;

    private SigningPaths(PathRules rules) {
        this.rules = rules;
    }

    /** No rules: every path is signed as it comes, as behind a gateway that has stripped already. */
    public static SigningPaths none() {
        return NONE;
    }

    /**
     * The default: a POST whose path starts with {@code /ingest/v1/} is signed without the leading {@code /ingest}, and
     * everything else as it comes.
     */
    public static SigningPaths ingest() {
        return INGEST;
    }

    /**
     * For a service that a gateway mounts below a prefix and whose clients sign the service's own path: every method,
     * and every path below the prefix, is signed without it. Nothing else is, {@code /ingest/v1/…} included unless it is
     * that prefix.
     *
     * @param prefix starts with a slash and does not end with one: {@code /auth}
     * @throws IllegalArgumentException if it is not in its form
     */
    public static SigningPaths strip(String prefix) {
        return builder().strip(prefix).build();
    }

    /**
     * These rules, and a signature for the path as it came accepted too below a prefix; see
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

    /** Starts a list of rules of a deployment's own. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The paths that a signature of this request may cover, the one by rule first: one or, where the path as it came is
     * accepted too, two.
     *
     * @param path the raw path without the query
     */
    public List<String> signedPaths(String method, String path) {
        return rules.signedPaths(method, path);
    }

    PathRules rules() {
        return rules;
    }

    /** Collects rules; not thread-safe. */
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
         * Allows rules that lead two prefixes to the same signed paths. An attacker who can hold a request back then chooses which
         * of these services gets it: one signed for {@code /auth/x} is accepted at {@code /consent/x} instead, once for both
         * where they share a nonce store, and once for each where they do not. Without this call
         * {@link #build} refuses such rules. Prefer a verifier for each service.
         */
        public Builder allowOneSignatureForSeveralServices() {
            oneSignatureForSeveralServices = true;
            return this;
        }

        /**
         * Adds a rule: the prefix of a matching path is replaced before the signature is checked.
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
         * Accepts a signature for the path as it came, too, where a rule matches and the path starts with this prefix.
         * Off unless named: the quick starts of some clients sign {@code /ingest/v1/hsi} unstripped.
         *
         * @param prefix starts with a slash; compared byte by byte, so {@code /ingest/v1/hsi} names {@code /ingest/v1/hsi2}
         *     too
         */
        public Builder acceptUnstripped(String prefix) {
            requirePath("prefix", prefix);
            alsoUnstripped.add(prefix);
            return this;
        }

        /**
         * The rules.
         *
         * @throws IllegalArgumentException if two rules can match one request, if they lead two prefixes to one signed path
         *     and that was not allowed, or if an unstripped prefix matches no rule
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
                                        + " is signed for the same paths, so an attacker who holds a request back can deliver it to the"
                                        + " other one; build a verifier for each service, or call"
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
