package dev.countersign.servlet.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.servlet.CountersignFilter;
import dev.countersign.servlet.FilterGauges;
import dev.countersign.testkit.RawHttp;
import dev.countersign.testkit.RawHttp.Answer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Bodies that are not verified take no more memory than they may, and leave room for small ones. */
public abstract class BodyMemoryTests extends ServletTests {
    private static final int BUDGET = 1 << 20;
    private static final int FLOOD = 500;
    private static final int FLOODERS = 8;
    private static final long HANGING_NANOS = TimeUnit.SECONDS.toNanos(20);

    /** For subclasses. */
    protected BodyMemoryTests() {}

    /** Large bodies wait with all but their last byte sent, and more come. */
    @Test
    public void aFloodOfBodiesIsRefusedAndSmallRequestsPass() throws Exception {
        CountersignFilter filter = settings(allExceptOpen()).bodyMemory(BUDGET).build();
        start(new WebApp().filter(filter).servlet("/", (request, response) -> {
            served.incrementAndGet();
            response.getOutputStream().print(body(request).length());
        }));
        String large = "x".repeat(scheme.maxBodyBytes());
        List<RawHttp> waiting = new ArrayList<>();
        long held = 0;
        int small = 0;
        try {
            // Each announces a large body and sends all but its end, until there is no room for one more.
            for (int i = 0; i < FLOOD; i++) {
                RawHttp http = new RawHttp(port());
                waiting.add(http);
                String request = signed("POST", "/x", "", large);
                http.send(request.substring(0, request.length() - 1));
                if (isRefused(http, filter, held)) {
                    waiting.remove(http);
                    http.close();
                    break;
                }
                held = FilterGauges.bodyMemoryUsed(filter);
            }
            assertTrue(waiting.size() >= 4 && held <= BUDGET, waiting.size() + " bodies take " + held);
            AtomicInteger refused = new AtomicInteger();
            ExecutorService strangers = Executors.newFixedThreadPool(FLOODERS);
            try {
                List<Future<?>> flood = new ArrayList<>();
                for (int i = 0; i < FLOOD; i++) {
                    flood.add(strangers.submit(() -> {
                        Answer answer = send("POST /x HTTP/1.1\r\nHost: h\r\n" + signature("POST", "/x", "")
                                + "Content-Length: " + large.length() + "\r\n\r\n" + large);
                        expect(503, answer);
                        assertEquals("TEMPORARILY_UNAVAILABLE", answer.header("x-synheart-error"));
                        assertTrue(FilterGauges.bodyMemoryUsed(filter) <= BUDGET);
                        return refused.incrementAndGet();
                    }));
                }
                while ((small < FLOOD / 10 || refused.get() < FLOOD / 2) && small < 20 * FLOOD) {
                    expect(200, send(signed("POST", "/x", "", "a small body")));
                    small++;
                }
                for (Future<?> each : flood) {
                    each.get();
                }
            } finally {
                strangers.shutdownNow();
            }
            assertEquals(FLOOD, refused.get());
            for (RawHttp http : waiting) {
                Answer whole = http.send("x").read();
                expect(200, whole);
                assertEquals(Integer.toString(large.length()), whole.text());
            }
        } finally {
            for (RawHttp http : waiting) {
                http.close();
            }
        }
        awaitMemory(filter, 0);
        assertEquals(small + waiting.size(), served.get());
    }

    /** Waits until a body that was sent but for its last byte is held, or was refused. */
    private static boolean isRefused(RawHttp http, CountersignFilter filter, long before) throws Exception {
        long large = before + 100_000;
        long began = System.nanoTime();
        while (System.nanoTime() - began < HANGING_NANOS) {
            if (FilterGauges.bodyMemoryUsed(filter) >= large) {
                return false;
            }
            if (http.hasAnswer()) {
                expect(503, http.read());
                return true;
            }
            LockSupport.parkNanos(1_000_000);
        }
        throw new AssertionError("a body is neither read nor refused, with " + FilterGauges.bodyMemoryUsed(filter));
    }

    private static void awaitMemory(CountersignFilter filter, long expected) {
        long began = System.nanoTime();
        while (FilterGauges.bodyMemoryUsed(filter) != expected && System.nanoTime() - began < HANGING_NANOS) {
            LockSupport.parkNanos(1_000_000);
        }
        assertEquals(expected, FilterGauges.bodyMemoryUsed(filter));
    }
}
