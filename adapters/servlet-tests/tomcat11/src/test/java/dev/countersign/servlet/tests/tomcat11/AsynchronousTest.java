package dev.countersign.servlet.tests.tomcat11;

import dev.countersign.servlet.tests.AsynchronousTests;
import dev.countersign.servlet.tests.ServletServers;

/** Servlets that answer later. */
class AsynchronousTest extends AsynchronousTests {
    @Override
    protected ServletServers servers() {
        return new TomcatServers();
    }
}
