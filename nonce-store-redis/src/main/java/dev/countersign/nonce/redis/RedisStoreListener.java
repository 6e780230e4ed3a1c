package dev.countersign.nonce.redis;

import java.time.Duration;

/**
 * Is told what happens to the store's servers: on a thread of its own, one call after the other. What it throws is counted in
 * {@link RedisStatus#listenerFailures} and changes nothing, and so is what it is too slow to be told. A server is named by
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
     * address now shows a certificate that is not trusted. Each reason is told once in an outage, here or with its beginning;
     * {@link RedisStatus#outage} has the present one.
     *
     * @param reason in words, for an operator
     */
    default void outageReasonChanged(String server, String reason) {}

    /** Claims are answered again. */
    default void outageEnded(String server, Duration lasted) {}

    /**
     * The store talks to another Redis process than before, or to one whose role has changed since: a restart, a failover,
     * an address that leads elsewhere. What the one before had been told may be unknown to this one.
     */
    default void primaryChanged(String server) {}

    /**
     * Requests signed at or before a second are refused with a 503 from now on, because claims made for them may have been
     * lost. Told at the first connection to a server too.
     *
     * @param since the Unix second; {@link dev.countersign.api.store.NonceStore#ALWAYS} means that nobody is refused
     * @param why in words, for an operator
     */
    default void vouchingSince(String server, long since, String why) {}

    /** The server's clock leapt ahead of its own pace, so that claims may have ended too early. */
    default void serverClockLeapt(String server, Duration ahead) {}
}
