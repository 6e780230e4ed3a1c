package dev.countersign.faults;

import dev.countersign.api.registry.DeviceRegistry;
import dev.countersign.tck.OpenedKeyStore;
import java.util.List;
import java.util.Random;

/** Where the nodes of a fleet find keys, and where enrolment writes them. */
interface KeySite extends AutoCloseable {
    /** A node's way to the keys. Closing its owner is the caller's. */
    OpenedKeyStore open(int node);

    /** Enrolment's way, which only the death of a server hurts. Belongs to the site. */
    DeviceRegistry registry();

    /** What can be done to the servers and to the nodes' connections, each kind once, at nodes that the seed decides. */
    List<Harm> harms(Random random);

    @Override
    void close();
}
