package dev.countersign.servlet.tests.tomcat11;

import dev.countersign.servlet.tests.ServletContract;
import dev.countersign.servlet.tests.ServletServers;
import org.junit.jupiter.api.Timeout;

/** The contract where the server lets everything through that it can. */
@Timeout(300)
class PermissiveContractTest extends ServletContract {
    @Override
    protected ServletServers servers() {
        return new TomcatServers();
    }

    @Override
    protected boolean isPermissive() {
        return true;
    }
}
