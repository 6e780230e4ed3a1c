package dev.countersign.servlet.tests.undertow;

import dev.countersign.servlet.tests.AsynchronousTests;
import dev.countersign.servlet.tests.ServletServers;

/** Servlets that answer later. */
class AsynchronousTest extends AsynchronousTests {
    @Override
    protected ServletServers servers() {
        return new UndertowServers();
    }
}
