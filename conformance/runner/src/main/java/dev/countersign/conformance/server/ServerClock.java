package dev.countersign.conformance.server;

import java.time.Clock;

/**
 * The server's clock, as far as it is known.
 *
 * @param ours our own
 * @param aheadMillis how far the server's is ahead of it
 */
record ServerClock(Clock ours, long aheadMillis) {
    /** Its time in whole seconds. */
    long second() {
        return Math.floorDiv(ours.millis() + aheadMillis, 1000L);
    }

    /**
     * From a time in whole seconds that the server gave.
     *
     * @param second what it gave
     * @param asked when it was asked, by our clock, milliseconds
     * @param answered when the answer was there
     */
    static ServerClock of(Clock ours, long second, long asked, long answered) {
        // It was some time within that second, and some time between asking and answering: half a second wrong at most,
        // and half the way there and back.
        long middle = Math.addExact(Math.multiplyExact(second, 1000L), 500L);
        return new ServerClock(ours, middle - (asked + answered) / 2);
    }
}
