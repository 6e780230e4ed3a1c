package dev.countersign.nonce.redis.cluster;

/**
 * A primary that serves slots, as the nodes of a Cluster describe it.
 *
 * @param id its name among the nodes: never changes with its address or role
 * @param host its address, or its name if it has no address or names are preferred
 * @param alias its name, if it has one beside the address, or the other way round; else the same as the host
 * @param port 1 to 65535
 * @param epoch its configuration epoch
 */
record ClusterMember(String id, String host, String alias, int port, long epoch) {
    /** {@code host:port}. */
    String address() {
        return host + ":" + port;
    }

    /** Its other name, {@code alias:port}; else the same as the address. */
    String otherAddress() {
        return alias + ":" + port;
    }
}
