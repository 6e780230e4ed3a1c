package dev.countersign.faults;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Which threads there are that were not there before. */
final class ThreadCensus {
    /** One for a whole process, whoever made it start: they end by themselves, or never. */
    private static final List<String> OF_THE_PROCESS = List.of(
            "process reaper",
            "Common-Cleaner",
            "ForkJoinPool.commonPool-worker-",
            "CompletableFutureDelayScheduler",
            "Attach Listener",
            "PostgreSQL-JDBC-Cleaner",
            "globalEventExecutor-",
            "surefire-");

    private final Set<Thread> before = Thread.getAllStackTraces().keySet();

    /** Waits until all new threads are gone, for at most so long; the names of those that stay. */
    List<String> awaitGone(Duration patience) {
        Nemesis.await(patience, () -> added().isEmpty());
        return added();
    }

    private List<String> added() {
        List<String> added = new ArrayList<>();
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (!before.contains(thread)
                    && thread.isAlive()
                    && OF_THE_PROCESS.stream()
                            .noneMatch(name -> thread.getName().startsWith(name))) {
                added.add(thread.getName());
            }
        }
        return added;
    }
}
