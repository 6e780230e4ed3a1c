package dev.countersign.servlet.tests.tomcat11;

import dev.countersign.servlet.tests.ServersPageTests;
import dev.countersign.servlet.tests.ServletContract;
import dev.countersign.servlet.tests.ServletServers;

/** This server's part of docs/servers.md. */
class ServersPageTest extends ServersPageTests {
    @Override
    protected ServletServers servers() {
        return new TomcatServers();
    }

    @Override
    protected ServletContract defaults() {
        return new DefaultsContractTest();
    }

    @Override
    protected ServletContract permissive() {
        return new PermissiveContractTest();
    }
}
