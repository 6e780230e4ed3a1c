package dev.countersign.servlet.tests.undertow;

import dev.countersign.servlet.tests.CachingTests;
import dev.countersign.servlet.tests.ServletServers;

/** What is stored by caches. */
class CachingTest extends CachingTests {
    @Override
    protected ServletServers servers() {
        return new UndertowServers();
    }
}
