package dev.countersign.servlet.tests.tomcat10;

import dev.countersign.servlet.tests.CachingTests;
import dev.countersign.servlet.tests.ServletServers;

/** What is stored by caches. */
class CachingTest extends CachingTests {
    @Override
    protected ServletServers servers() {
        return new TomcatServers();
    }
}
