package dev.countersign.signer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class ClockOffsetTest {
    private static final long MAX = 99_999_999_999L;

    /** Keeps every number that was saved. */
    private static final class RecordingStore implements ClockOffsetStore {
        final List<Long> saved = Collections.synchronizedList(new ArrayList<>());
        OptionalLong held = OptionalLong.empty();

        @Override
        public OptionalLong load() {
            return held;
        }

        @Override
        public void save(long offsetMillis) {
            saved.add(offsetMillis);
            held = OptionalLong.of(offsetMillis);
        }
    }

    @Test
    void theOffsetIsServerMinusLocalInMillisecondsAndReplaces() {
        RecordingStore store = new RecordingStore();
        ClockOffset offset = ClockOffset.of(at(1_000_250), store);

        offset.correctClockSkew(1_300);
        offset.correctClockSkew(900);
        offset.correctClockSkew(900);

        assertEquals(List.of(299_750L, -100_250L, -100_250L), store.saved, "nothing is averaged");
        assertEquals(900, offset.timestamp());
    }

    @Test
    void theOffsetOutlivesTheProcess() {
        RecordingStore store = new RecordingStore();
        ClockOffset.of(at(1_000_000), store).correctClockSkew(1_300);

        assertEquals(1_310, ClockOffset.of(at(1_010_999), store).timestamp());
        assertEquals("clock_offset_ms", ClockOffsetStore.NAME);
    }

    @Test
    void withoutAStoreItStartsAtZero() {
        assertEquals(1_000, ClockOffset.of(at(1_000_999)).timestamp());
        assertEquals(OptionalLong.empty(), ClockOffsetStore.none().load());
    }

    @Test
    void secondsAreRoundedDown() {
        ClockOffset offset = ClockOffset.of(at(10_999), stored(-2_000));
        assertEquals(8, offset.timestamp());
        assertEquals(9, ClockOffset.of(at(10_999), stored(-1_000)).timestamp());
        assertEquals(8, ClockOffset.of(at(10_999), stored(-2_001 + 1)).timestamp());
        assertEquals(8, ClockOffset.of(at(10_000), stored(-1_001)).timestamp());
    }

    @Test
    void aTimestampOutOfRangeChangesNothing() {
        RecordingStore store = new RecordingStore();
        ClockOffset offset = ClockOffset.of(at(5_000), store);
        for (long bad : new long[] {-1, MAX + 1, Long.MIN_VALUE, Long.MAX_VALUE}) {
            assertThrows(IllegalArgumentException.class, () -> offset.correctClockSkew(bad));
        }
        assertEquals(List.of(), store.saved);
        assertEquals(5, offset.timestamp());
    }

    @Test
    void anOffsetThatMakesNoSenseStillGivesATimestampAndIsCorrected() {
        for (long absurd : new long[] {Long.MIN_VALUE, Long.MIN_VALUE + 1, Long.MAX_VALUE, -1_000_000_000_000_000L}) {
            ClockOffset offset = ClockOffset.of(at(1_700_000_000_000L), stored(absurd));
            assertEquals(absurd < 0 ? 0 : MAX, offset.timestamp());
            offset.correctClockSkew(1_700_000_300L);
            assertEquals(1_700_000_300L, offset.timestamp());
        }
    }

    @Test
    void clocksAtTheEndsOfTimeDoNotOverflow() {
        assertEquals(
                MAX, ClockOffset.of(Clock.fixed(Instant.MAX, ZoneOffset.UTC)).timestamp());
        assertEquals(0, ClockOffset.of(Clock.fixed(Instant.MIN, ZoneOffset.UTC)).timestamp());
        for (Instant end : List.of(Instant.MIN, Instant.MAX)) {
            ClockOffset offset = ClockOffset.of(Clock.fixed(end, ZoneOffset.UTC));
            offset.correctClockSkew(MAX);
            long timestamp = offset.timestamp();
            assertTrue(timestamp >= 0 && timestamp <= MAX);
        }
    }

    @Property
    void afterACorrectionTheTimeIsTheServers(
            @ForAll @LongRange(min = -1_000_000_000_000_000L, max = 1_000_000_000_000_000L) long localMillis,
            @ForAll @LongRange(max = MAX) long server,
            @ForAll long before) {
        ClockOffset offset = ClockOffset.of(at(localMillis), stored(before));
        offset.correctClockSkew(server);
        assertEquals(server, offset.timestamp());
    }

    @Test
    void aStoreThatFailsToSaveDoesNotUndoTheCorrection() {
        ClockOffsetStore broken = new ClockOffsetStore() {
            @Override
            public OptionalLong load() {
                return OptionalLong.empty();
            }

            @Override
            public void save(long offsetMillis) {
                throw new UncheckedIOException(new java.io.IOException("full"));
            }
        };
        ClockOffset offset = ClockOffset.of(at(1_000), broken);
        assertThrows(UncheckedIOException.class, () -> offset.correctClockSkew(77));
        assertEquals(77, offset.timestamp());
    }

    @Test
    void aStoreThatFailsToLoadIsTold() {
        ClockOffsetStore broken = new ClockOffsetStore() {
            @Override
            public OptionalLong load() {
                throw new UncheckedIOException(new java.io.IOException("gone"));
            }

            @Override
            public void save(long offsetMillis) {}
        };
        assertThrows(UncheckedIOException.class, () -> ClockOffset.of(at(1_000), broken));
    }

    @Test
    void whatIsSavedLastIsWhatCounts() throws Exception {
        RecordingStore store = new RecordingStore();
        ClockOffset offset = ClockOffset.of(at(0), store);
        int threads = 8;
        int each = 500;
        CountDownLatch together = new CountDownLatch(threads);
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                int first = t * each;
                running.add(pool.submit(() -> {
                    together.countDown();
                    assertTrue(together.await(30, TimeUnit.SECONDS));
                    for (int i = 0; i < each; i++) {
                        offset.correctClockSkew(first + i);
                    }
                    return null;
                }));
            }
            for (Future<?> one : running) {
                assertEquals(null, one.get(60, TimeUnit.SECONDS));
            }
        } finally {
            pool.shutdownNow();
        }
        assertEquals(threads * each, store.saved.size());
        assertEquals(store.saved.get(store.saved.size() - 1), offset.timestamp() * 1000);
    }

    @Test
    void signingDoesNotWaitForTheStore() throws Exception {
        CountDownLatch saving = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        ClockOffsetStore slow = new ClockOffsetStore() {
            @Override
            public OptionalLong load() {
                return OptionalLong.empty();
            }

            @Override
            public void save(long offsetMillis) {
                saving.countDown();
                try {
                    assertTrue(release.await(30, TimeUnit.SECONDS));
                } catch (InterruptedException interrupted) {
                    throw new IllegalStateException(interrupted);
                }
            }
        };
        ClockOffset offset = ClockOffset.of(at(0), slow);
        ExecutorService pool = Executors.newFixedThreadPool(2);
        try {
            Future<?> correcting = pool.submit(() -> offset.correctClockSkew(42));
            assertTrue(saving.await(30, TimeUnit.SECONDS));
            Future<Long> read = pool.submit(offset::timestamp);
            assertEquals(42, read.get(30, TimeUnit.SECONDS));
            assertFalse(correcting.isDone());
            release.countDown();
            assertEquals(null, correcting.get(30, TimeUnit.SECONDS));
        } finally {
            release.countDown();
            pool.shutdownNow();
        }
    }

    @Test
    void neitherToStringNorMessagesShowTheOffset() {
        ClockOffset offset = ClockOffset.of(at(0), stored(123_456_789));
        assertEquals("ClockOffset[]", offset.toString());
        IllegalArgumentException refused =
                assertThrows(IllegalArgumentException.class, () -> offset.correctClockSkew(-987_654));
        assertFalse(String.valueOf(refused.getMessage()).contains("987"));
    }

    private static ClockOffsetStore stored(long offsetMillis) {
        RecordingStore store = new RecordingStore();
        store.held = OptionalLong.of(offsetMillis);
        return store;
    }

    private static Clock at(long epochMillis) {
        return Clock.fixed(Instant.ofEpochMilli(epochMillis), ZoneOffset.UTC);
    }
}
