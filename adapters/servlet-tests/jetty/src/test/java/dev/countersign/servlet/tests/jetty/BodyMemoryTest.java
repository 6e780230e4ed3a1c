package dev.countersign.servlet.tests.jetty;

import dev.countersign.servlet.tests.BodyMemoryTests;
import dev.countersign.servlet.tests.ServletServers;

/** A flood of bodies. */
class BodyMemoryTest extends BodyMemoryTests {
    @Override
    protected ServletServers servers() {
        return new JettyServers();
    }
}
