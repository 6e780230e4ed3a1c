package dev.countersign.servlet.tests.tomcat10;

import dev.countersign.servlet.tests.ServletContract;
import dev.countersign.servlet.tests.ServletServers;
import org.junit.jupiter.api.Timeout;

/** The contract on the server's defaults. */
@Timeout(300)
class DefaultsContractTest extends ServletContract {
    @Override
    protected ServletServers servers() {
        return new TomcatServers();
    }

    @Override
    protected boolean isPermissive() {
        return false;
    }
}
