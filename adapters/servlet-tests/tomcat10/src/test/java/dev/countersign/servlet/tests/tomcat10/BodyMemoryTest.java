package dev.countersign.servlet.tests.tomcat10;

import dev.countersign.servlet.tests.BodyMemoryTests;
import dev.countersign.servlet.tests.ServletServers;

/** A flood of bodies. */
class BodyMemoryTest extends BodyMemoryTests {
    @Override
    protected ServletServers servers() {
        return new TomcatServers();
    }
}
