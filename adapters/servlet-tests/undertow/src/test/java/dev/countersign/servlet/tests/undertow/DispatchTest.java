package dev.countersign.servlet.tests.undertow;

import dev.countersign.servlet.tests.DispatchTests;
import dev.countersign.servlet.tests.ServletServers;

/** Later dispatches. */
class DispatchTest extends DispatchTests {
    @Override
    protected ServletServers servers() {
        return new UndertowServers();
    }
}
