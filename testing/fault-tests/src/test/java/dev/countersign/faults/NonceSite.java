package dev.countersign.faults;

import dev.countersign.api.store.NonceStore;
import java.util.List;
import java.util.Random;

/** Where the nodes of a fleet remember requests. */
interface NonceSite extends AutoCloseable {
    /** A node's nonce store, which notes changes of primary. Closing it is the caller's. */
    NonceStore open(int node, History history);

    /** What can be done to the servers and to the nodes' connections, each kind once, at nodes that the seed decides. */
    List<Harm> harms(Random random);

    @Override
    void close();
}
