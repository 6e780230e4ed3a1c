package dev.countersign.nonce.redis;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** What a store reported to its listener, one line each. */
final class RecordingListener implements RedisStoreListener {
    private final List<String> lines = new CopyOnWriteArrayList<>();

    List<String> lines() {
        return List.copyOf(lines);
    }

    boolean has(String beginning) {
        return lines.stream().anyMatch(line -> line.startsWith(beginning));
    }

    long count(String beginning) {
        return lines.stream().filter(line -> line.startsWith(beginning)).count();
    }

    @Override
    public void outageBegan(String server, String reason) {
        lines.add("outage: " + reason);
    }

    @Override
    public void outageReasonChanged(String server, String reason) {
        lines.add("reason: " + reason);
    }

    @Override
    public void outageEnded(String server, Duration lasted) {
        lines.add("recovered");
    }

    @Override
    public void primaryChanged(String server) {
        lines.add("primary: " + server);
    }

    @Override
    public void watchingSince(String server, long since, String why) {
        lines.add("since: " + why);
    }

    @Override
    public void serverClockLeapt(String server, Duration ahead) {
        lines.add("leap: " + ahead.toSeconds());
    }
}
