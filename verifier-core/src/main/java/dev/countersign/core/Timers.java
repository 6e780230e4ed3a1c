package dev.countersign.core;

import java.util.concurrent.ScheduledThreadPoolExecutor;

/** Timers of our own. */
final class Timers {
    private Timers() {}

    /** One daemon thread for time limits and the like. */
    static ScheduledThreadPoolExecutor newTimer(String threadName) {
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, threadName);
            thread.setDaemon(true);
            return thread;
        });
        timer.setRemoveOnCancelPolicy(true);
        return timer;
    }
}
