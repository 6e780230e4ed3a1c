package dev.countersign.nonce.redis;

import java.time.Duration;

/**
 * Gets events of the store's servers, on a thread of its own, one call after the other.
 * {@link RedisStatus#listenerFailures} counts its exceptions and the calls that were dropped because it is too slow;
 * neither has another effect. Servers are named by their address, {@code host:port}.
 */
public interface RedisStoreListener {
    /**
     * An outage began: from now on, claims that need this server fail at once.
     *
     * @param reason in words, for an operator
     */
    default void outageBegan(String server, String reason) {}

    /**
     * The outage continues for another reason. For instance, a connection was lost, and the server at its address now
     * has a certificate that is not trusted. Each reason is reported once in an outage, here or with its begin.
     * {@link RedisStatus#reason} has the present one.
     *
     * @param reason in words, for an operator
     */
    default void outageReasonChanged(String server, String reason) {}

    /** The outage ended: claims are answered again. */
    default void outageEnded(String server, Duration lasted) {}

    /**
     * The Redis process or its role changed: by a restart, a failover, or an address that leads elsewhere. The new one
     * may not know the claims of the old one.
     */
    default void primaryChanged(String server) {}

    /**
     * The server is watching since a new second. Requests that were signed at or before it are refused with 503 from
     * now on, because their claims may be lost. Also called at the first connection to a server.
     *
     * @param since the Unix second; {@link dev.countersign.api.store.NonceStore#ALWAYS} means that no request is
     *     refused
     * @param why in words, for an operator
     */
    default void watchingSince(String server, long since, String why) {}

    /** The server's clock leapt ahead, so claims may have ended too early. */
    default void serverClockLeapt(String server, Duration ahead) {}
}
