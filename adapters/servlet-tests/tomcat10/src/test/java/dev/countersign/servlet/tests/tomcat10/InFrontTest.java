package dev.countersign.servlet.tests.tomcat10;

import dev.countersign.servlet.tests.InFrontTests;
import dev.countersign.servlet.tests.ServletServers;

/** What stands in front of the filter. */
class InFrontTest extends InFrontTests {
    @Override
    protected ServletServers servers() {
        return new TomcatServers();
    }
}
