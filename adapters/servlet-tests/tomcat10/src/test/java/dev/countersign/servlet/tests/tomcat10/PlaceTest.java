package dev.countersign.servlet.tests.tomcat10;

import dev.countersign.servlet.tests.PlaceTests;
import dev.countersign.servlet.tests.ServletServers;

/** Where the filter is. */
class PlaceTest extends PlaceTests {
    @Override
    protected ServletServers servers() {
        return new TomcatServers();
    }
}
