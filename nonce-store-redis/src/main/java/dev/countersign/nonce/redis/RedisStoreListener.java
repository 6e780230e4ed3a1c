package dev.countersign.nonce.redis;

import java.time.Duration;

/**
 * Hears what happens to the store's servers: on a thread of its own, one call after the other. What it throws, and calls that it is
 * too slow for, are counted in {@link RedisStatus#listenerFailures} and change nothing. A server is named by
 * its address, {@code host:port}.
 */
public interface RedisStoreListener {
    /**
     * From now on claims that need this server fail at once.
     *
     * @param reason in words, for an operator
     */
    default void outageBegan(String server, String reason) {}

    /**
     * The outage goes on, and another reason for it has come to light: a connection was lost, say, and what is found at its
     * address now shows a certificate that is not trusted. Each reason is reported once in an outage, here or with its beginning;
     * {@link RedisStatus#reason} has the present one.
     *
     * @param reason in words, for an operator
     */
    default void outageReasonChanged(String server, String reason) {}

    /** Claims are answered again. */
    default void outageEnded(String server, Duration lasted) {}

    /**
     * The store talks to another Redis process than before, or to one whose role has changed since: a restart, a failover,
     * an address that leads elsewhere. Claims that the one before has stored may be unknown to this one.
     */
    default void primaryChanged(String server) {}

    /**
     * The server is watching since a second: requests signed at or before it are refused with a 503 from now on, because their
     * claims may have been lost. Called at the first connection to a server, too.
     *
     * @param since the Unix second; {@link dev.countersign.api.store.NonceStore#ALWAYS} means that nobody is refused
     * @param why in words, for an operator
     */
    default void watchingSince(String server, long since, String why) {}

    /** The server's clock leapt ahead of its own pace, so that claims may have ended too early. */
    default void serverClockLeapt(String server, Duration ahead) {}
}
