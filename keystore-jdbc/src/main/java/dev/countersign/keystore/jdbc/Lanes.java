package dev.countersign.keystore.jdbc;

import java.util.List;

/** Threads and connections apart for each kind of calls. */
record Lanes(Lane lookups, Lane changes, Lane feed) {
    /** Calls that wait and calls that come later fail; those that run go on. */
    void close() {
        for (Lane lane : List.of(lookups, changes, feed)) {
            lane.close();
        }
    }
}
