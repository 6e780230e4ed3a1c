package dev.countersign.servers;

/** Something to be done when the JVM ends, unless it was done before. */
final class AtExit {
    private final Thread hook;

    AtExit(Runnable task) {
        this.hook = new Thread(task, "test-server-close");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** It was done. */
    void cancel() {
        if (Thread.currentThread() == hook) {
            return;
        }
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException shuttingDown) {
            return;
        }
    }
}
