package dev.countersign.servlet.tests.jetty;

import dev.countersign.servlet.tests.CachingTests;
import dev.countersign.servlet.tests.ServletServers;

/** What is stored by caches. */
class CachingTest extends CachingTests {
    @Override
    protected ServletServers servers() {
        return new JettyServers();
    }
}
