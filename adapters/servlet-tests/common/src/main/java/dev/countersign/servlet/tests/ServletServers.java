package dev.countersign.servlet.tests;

import dev.countersign.tck.adapter.AdapterServer;

/** Starts servers of one kind. */
public interface ServletServers {
    /** The server's name and line, as in a heading. */
    String name();

    /** Starts one with an application, on a port of the loopback address that the system chooses; speaks HTTP/2 as well. */
    AdapterServer start(WebApp app) throws Exception;
}
