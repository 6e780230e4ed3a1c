package dev.countersign.nonce.redis.connection;

import dev.countersign.nonce.redis.watching.WatchRecord;

/** The watch record that claims are sent under, and how it is written in Redis. */
final class Watch {
    private final WatchRecord record;
    private final byte[] bytes;

    Watch(WatchRecord record, byte[] bytes) {
        this.record = record;
        this.bytes = bytes;
    }

    WatchRecord read() {
        return record;
    }

    byte[] bytes() {
        return bytes;
    }
}
