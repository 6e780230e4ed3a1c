package dev.countersign.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CallersThreadTest {
    @Test
    void tasksRunOnTheThreadThatWaitsInTheirOrder() throws Exception {
        CallersThread thread = new CallersThread();
        CompletableFuture<String> awaited = new CompletableFuture<>();
        List<Thread> ran = Collections.synchronizedList(new ArrayList<>());
        Thread store = new Thread(() -> {
            thread.execute(() -> ran.add(Thread.currentThread()));
            thread.execute(() -> {
                ran.add(Thread.currentThread());
                awaited.complete("done");
            });
        });
        store.start();
        thread.runUntil(awaited);
        store.join();
        assertEquals(List.of(Thread.currentThread(), Thread.currentThread()), ran);
    }

    @Test
    void whatWasGivenBeforeTheWaitRunsInIt() throws Exception {
        CallersThread thread = new CallersThread();
        CompletableFuture<Thread> awaited = new CompletableFuture<>();
        thread.execute(() -> awaited.complete(Thread.currentThread()));
        assertTrue(!awaited.isDone(), "not inside of execute()");
        thread.runUntil(awaited);
        assertSame(Thread.currentThread(), awaited.join());
    }

    @Test
    void aFailureEndsTheWaitToo() throws Exception {
        CallersThread thread = new CallersThread();
        thread.runUntil(CompletableFuture.failedFuture(new IllegalStateException("failed")));
        assertThrows(RejectedExecutionException.class, () -> thread.execute(() -> {}), "the thread has gone on");
    }

    @Test
    void anInterruptEndsTheWaitAndNoTaskRunsAfterIt() {
        CallersThread thread = new CallersThread();
        Thread.currentThread().interrupt();
        assertThrows(InterruptedException.class, () -> thread.runUntil(new CompletableFuture<>()));
        assertThrows(RejectedExecutionException.class, () -> thread.execute(() -> {}));
    }

    @Test
    void anotherThreadCannotWait() throws Exception {
        CallersThread thread = new CallersThread();
        CompletableFuture<Void> other = CompletableFuture.runAsync(() -> {
            try {
                thread.runUntil(CompletableFuture.completedFuture(null));
            } catch (InterruptedException stopped) {
                throw new IllegalArgumentException(stopped);
            }
        });
        Throwable refused = assertThrows(Exception.class, other::get).getCause();
        assertTrue(refused instanceof IllegalStateException, String.valueOf(refused));
    }
}
