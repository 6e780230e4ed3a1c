package dev.countersign.nonce.redis.context;

import java.time.Duration;

/** What the parts of a store report of its servers. Called from any thread; never blocks, never throws. */
public interface StoreEvents {
    /** Claims that need this server fail from now on. */
    void outageBegan(String server, String reason);

    /** The outage goes on, for another reason. */
    void outageReasonChanged(String server, String reason);

    /** Claims are answered again. */
    void outageEnded(String server, Duration lasted);

    /** The store talks to another Redis process than before, or to one in another role. */
    void primaryChanged(String server);

    /**
     * Requests signed up to a second are refused from now on.
     *
     * @param since the Unix second
     * @param why in words, for an operator
     */
    void watchingSince(String server, long since, String why);

    /** The server's clock is ahead of its own pace. */
    void serverClockLeapt(String server, Duration ahead);
}
