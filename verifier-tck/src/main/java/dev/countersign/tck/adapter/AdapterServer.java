package dev.countersign.tck.adapter;

/** A running server with an adapter in front of the contract's application. */
public interface AdapterServer extends AutoCloseable {
    /** The port on the loopback address where it speaks HTTP/1.1, and HTTP/2 without TLS if it has that. */
    int port();

    /** Stops it; when this returns no request is served any more. */
    @Override
    void close();
}
