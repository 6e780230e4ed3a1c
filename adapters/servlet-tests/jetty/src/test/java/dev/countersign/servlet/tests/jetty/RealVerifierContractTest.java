package dev.countersign.servlet.tests.jetty;

import dev.countersign.servlet.tests.RealScheme;
import dev.countersign.tck.adapter.TestScheme;

/** The contract with real signatures. */
class RealVerifierContractTest extends PermissiveContractTest {
    @Override
    protected TestScheme newScheme() {
        return new RealScheme();
    }
}
