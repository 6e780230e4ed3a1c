package dev.countersign.quickstart;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;

/** Asks again and again: what is waited for happens in other threads and processes. The limit is there against hanging. */
final class Waiting {
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(30);

    private Waiting() {}

    interface Question {
        boolean ask() throws Exception;
    }

    static void until(String what, Question question) throws Exception {
        long begin = System.nanoTime();
        while (!question.ask()) {
            assertTrue(System.nanoTime() - begin < LIMIT_NANOS, what);
            Thread.sleep(20);
        }
    }
}
