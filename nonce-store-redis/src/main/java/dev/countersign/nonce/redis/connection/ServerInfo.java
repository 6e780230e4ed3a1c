package dev.countersign.nonce.redis.connection;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a server says of itself in INFO; an absent field is an empty string. */
final class ServerInfo {
    private static final int IDENTITY_DIGITS = 16;

    private final Map<String, String> fields = new HashMap<>();

    /** What was read before, with what was read now in its place. */
    ServerInfo(@Nullable ServerInfo before, String... sections) {
        if (before != null) {
            fields.putAll(before.fields);
            // What it does not say any more is not known any more.
            fields.remove("role");
            fields.remove("master_replid");
            fields.remove("maxmemory_policy");
        }
        for (String section : sections) {
            for (String line : section.split("\n", -1)) {
                int colon = line.indexOf(':');
                if (colon > 0) {
                    fields.put(
                            line.substring(0, colon), line.substring(colon + 1).strip());
                }
            }
        }
    }

    String field(String name) {
        return fields.getOrDefault(name, "");
    }

    String version() {
        return field("redis_version");
    }

    String evictionPolicy() {
        return field("maxmemory_policy");
    }

    boolean isPrimary() {
        return field("role").equals("master");
    }

    boolean isClusterNode() {
        return field("cluster_enabled").equals("1");
    }

    /** Changes with every start of the process and with every change of its role. */
    static String identity(String runId, String replicationId) {
        return shortened(runId) + "-" + shortened(replicationId);
    }

    /** Why this server must not hold claims, or an empty string. */
    String refusal(boolean allowEviction, boolean cluster) {
        if (version().isEmpty()
                || field("run_id").isEmpty()
                || field("master_replid").isEmpty()) {
            return "INFO does not tell redis_version, run_id and master_replid: without them a restart or a failover"
                    + " would go unnoticed. Allow the user of this connection the command INFO";
        }
        if (olderThan62(version())) {
            return "Redis " + version() + " is too old: 6.2 or newer is needed";
        }
        if (isClusterNode() != cluster) {
            return cluster
                    ? "the server is not a node of a Cluster: use a redis:// or redis-sentinel:// URI"
                    : "the server is a node of a Cluster, which serves some of the keys only: use a redis-cluster:// URI";
        }
        return evictionRefusal(allowEviction);
    }

    /** Why this server could drop live claims, or an empty string. */
    String evictionRefusal(boolean allowEviction) {
        String policy = evictionPolicy();
        if (allowEviction || policy.equals("noeviction")) {
            return "";
        }
        return (policy.isEmpty()
                        ? "INFO does not tell maxmemory_policy"
                        : "maxmemory-policy is " + policy + ", so Redis may drop live claims to make room")
                + ", and a dropped claim is a replay that gets through. Set maxmemory-policy noeviction, or call"
                + " allowEviction() to run that risk";
    }

    private static boolean olderThan62(String version) {
        int dot = version.indexOf('.');
        int end = dot < 0 ? -1 : version.indexOf('.', dot + 1);
        if (dot < 0) {
            return true;
        }
        int major = number(version.substring(0, dot));
        int minor = number(end < 0 ? version.substring(dot + 1) : version.substring(dot + 1, end));
        return major < 6 || (major == 6 && minor < 2);
    }

    /** Small numbers only; -1 for what is none. */
    private static int number(String digits) {
        int value = 0;
        for (int i = 0; i < digits.length(); i++) {
            char c = digits.charAt(i);
            if (c < '0' || c > '9' || value > 1000) {
                return -1;
            }
            value = value * 10 + (c - '0');
        }
        return digits.isEmpty() ? -1 : value;
    }

    private static String shortened(String id) {
        return id.substring(0, Math.min(IDENTITY_DIGITS, id.length()));
    }
}
