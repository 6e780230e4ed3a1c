package dev.countersign.keystore.jdbc.lane;

import java.util.List;

/** Threads and connections apart for each kind of calls. */
public record Lanes(Lane lookups, Lane changes, Lane feed) {
    /** Calls that wait and calls that come later fail; those that run go on. */
    public void close() {
        for (Lane lane : List.of(lookups, changes, feed)) {
            lane.close();
        }
    }
}
