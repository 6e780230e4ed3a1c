package dev.countersign.servlet.tests.tomcat11;

import java.util.Set;

/** The contract in the mode in which no thread of the container waits. */
class AsynchronousContractTest extends PermissiveContractTest {
    @Override
    protected boolean isAsynchronous() {
        return true;
    }

    /** Tomcat calls no listener for the end of a body that comes while the last bytes are read: rarely, and never with a length. */
    @Override
    protected Set<String> faultsOfTheServer() {
        return Set.of("HTTP/2, a body without a length that ends with an empty frame");
    }
}
