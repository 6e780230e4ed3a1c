package dev.countersign.servlet.tests.tomcat11;

/** The contract in the mode in which no thread of the container waits. */
class AsynchronousContractTest extends PermissiveContractTest {
    @Override
    protected boolean isAsynchronous() {
        return true;
    }
}
