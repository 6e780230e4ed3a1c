package dev.countersign.servlet.tests.undertow;

import dev.countersign.servlet.tests.ServletContract;
import dev.countersign.servlet.tests.ServletServers;
import java.util.Set;
import org.junit.jupiter.api.Timeout;

/** The contract on the server's defaults. */
@Timeout(300)
class DefaultsContractTest extends ServletContract {
    @Override
    protected ServletServers servers() {
        return new UndertowServers();
    }

    @Override
    protected boolean isPermissive() {
        return false;
    }

    /** It takes the line's end for the end of a quoted text that was never closed. */
    @Override
    protected Set<String> faultsOfTheServer() {
        return OpenQuotes.NAMES;
    }
}
