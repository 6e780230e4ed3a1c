package dev.countersign.signer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileClockOffsetStoreTest {
    private static final long MAX = 99_999_999_999_999L;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private Path file;

    @SuppressWarnings("NullAway.Init")
    private ClockOffsetStore store;

    @BeforeEach
    void makeStore() {
        file = folder.resolve("offset");
        store = ClockOffsetStore.file(file);
    }

    @Test
    void theOffsetOutlivesTheProcess() throws Exception {
        Clock clock = Clock.fixed(Instant.ofEpochMilli(1_000_250), ZoneOffset.UTC);
        assertEquals(1_000, ClockOffset.of(clock, store).timestamp(), "no file yet");
        ClockOffset.of(clock, store).correctClockSkew(1_300);
        assertEquals("clock_offset_ms=299750\n", Files.readString(file));
        assertEquals(1_300, ClockOffset.of(clock, ClockOffsetStore.file(file)).timestamp());
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, -1, 9, -10, 299_750, -299_750, MAX, -MAX})
    void whatIsSavedIsLoaded(long offset) throws Exception {
        store.save(-77);
        store.save(offset);
        assertEquals(OptionalLong.of(offset), ClockOffsetStore.file(file).load());
        assertEquals("clock_offset_ms=" + offset + "\n", Files.readString(file));
        assertEquals(Set.of("offset"), names());
    }

    @ParameterizedTest
    @ValueSource(longs = {MAX + 1, -MAX - 1, Long.MIN_VALUE, Long.MAX_VALUE})
    void aNumberThatNoTimestampsAreApartIsNotKept(long absurd) {
        store.save(5);
        UncheckedIOException told = assertThrows(UncheckedIOException.class, () -> store.save(absurd));
        assertFalse(told.toString().contains(Long.toString(absurd)), "offsets are not for logs");
        assertFalse(String.valueOf(told.getCause()).contains(Long.toString(absurd)));
        assertEquals(OptionalLong.of(5), store.load());
    }

    @Test
    void aFileCutShortAnywhereIsNoNumber() throws Exception {
        String whole = "clock_offset_ms=-299750\n";
        for (int length = 0; length < whole.length(); length++) {
            assertNone(whole.substring(0, length));
        }
        Files.writeString(file, whole);
        assertEquals(OptionalLong.of(-299_750), store.load());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\n",
                "299750\n",
                "clock_offset_ms=\n",
                "clock_offset_ms=-\n",
                "clock_offset_ms=-0\n",
                "clock_offset_ms=--1\n",
                "clock_offset_ms=+1\n",
                "clock_offset_ms=01\n",
                "clock_offset_ms=1 \n",
                "clock_offset_ms= 1\n",
                "clock_offset_ms=1\r\n",
                "clock_offset_ms=1\n\n",
                "clock_offset_ms=1\nclock_offset_ms=2\n",
                "clock_offset_ms=1.0\n",
                "clock_offset_ms=0x1\n",
                "clock_offset_ms=100000000000000\n",
                "clock_offset_ms=-100000000000000\n",
                "clock_offset_ms=18446744073709551617\n",
                "clock_offset_ms=\u0661\n",
                "CLOCK_OFFSET_MS=1\n",
                "\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000"
            })
    void nonsenseIsNoNumberAndIsReplaced(String nonsense) throws Exception {
        assertNone(nonsense);
        store.save(3);
        assertEquals(OptionalLong.of(3), store.load());
    }

    @Test
    void aChangedByteIsNoNumberOrAnotherInTheOnlyForm() throws Exception {
        byte[] whole = "clock_offset_ms=-40\n".getBytes(StandardCharsets.US_ASCII);
        for (int at = 0; at < whole.length; at++) {
            for (char value : "0123456789-+ =.\n\r\t\u0000aA_\u00E9\u00FF".toCharArray()) {
                byte[] changed = whole.clone();
                changed[at] = (byte) value;
                Files.write(file, changed);
                OptionalLong read = store.load();
                if (read.isPresent()) {
                    assertEquals(
                            new String(changed, StandardCharsets.ISO_8859_1),
                            "clock_offset_ms=" + read.getAsLong() + "\n");
                }
            }
        }
    }

    @Test
    void aLargeFileIsNotReadToItsEnd() throws Exception {
        Files.write(file, new byte[1_000_000]);
        assertEquals(OptionalLong.empty(), store.load());
        assertNone("clock_offset_ms=1" + "1".repeat(100_000) + "\n");
    }

    @Test
    void anEndBetweenWriteAndMoveLeavesTheOldNumber() throws Exception {
        store.save(111);
        List<String> written = new ArrayList<>();
        ClockOffsetStore dying = new FileClockOffsetStore(file, (to, by) -> {
            written.add(Files.readString(by));
            assertEquals(folder, by.getParent(), "a move across folders is not atomic");
            throw new IOException("killed");
        });
        UncheckedIOException told = assertThrows(UncheckedIOException.class, () -> dying.save(222));
        assertTrue(String.valueOf(told.getCause()).endsWith("killed"));
        assertEquals(List.of("clock_offset_ms=222\n"), written);
        assertEquals(OptionalLong.of(111), store.load());
        assertEquals(Set.of("offset"), names(), "nothing is left behind where it can be helped");
    }

    @Test
    void whatAKilledProcessLeftBehindIsNotRead() throws Exception {
        Path left = folder.resolve("clock_offset_ms123.tmp");
        Files.writeString(left, "clock_offset_ms=222\n");
        assertEquals(OptionalLong.empty(), store.load());
        store.save(333);
        assertEquals(OptionalLong.of(333), store.load());
        assertEquals("clock_offset_ms=222\n", Files.readString(left), "it may be another process's, still at work");
    }

    @Test
    void aCorrectionCountsThoughItCannotBeKept() throws Exception {
        ClockOffsetStore nowhere = ClockOffsetStore.file(folder.resolve("absent/offset"));
        ClockOffset offset = ClockOffset.of(Clock.fixed(Instant.EPOCH, ZoneOffset.UTC), nowhere);
        UncheckedIOException told = assertThrows(UncheckedIOException.class, () -> offset.correctClockSkew(77));
        assertInstanceOf(NoSuchFileException.class, told.getCause());
        assertFalse(told.toString().contains("77"));
        assertEquals(77, offset.timestamp());
        assertFalse(Files.exists(folder.resolve("absent")), "folders are not made");
    }

    @Test
    void aSymbolicLinkIsNeitherFollowedNorReplaced() throws Exception {
        Path target = folder.resolve("target");
        Files.writeString(target, "clock_offset_ms=5\n");
        for (Path to : List.of(target, folder.resolve("dangling"))) {
            Files.deleteIfExists(file);
            Files.createSymbolicLink(file, to);
            assertEquals(OptionalLong.empty(), store.load());
            assertThrows(UncheckedIOException.class, () -> store.save(6));
            assertTrue(Files.isSymbolicLink(file));
        }
        assertEquals("clock_offset_ms=5\n", Files.readString(target));
        assertFalse(Files.exists(folder.resolve("dangling")));
        assertEquals(Set.of("offset", "target"), names());
    }

    @Test
    void aLinkToTheFolderIsFollowed() throws Exception {
        Path real = Files.createDirectory(folder.resolve("real"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), real);
        ClockOffsetStore.file(link.resolve("offset")).save(8);
        assertEquals(
                OptionalLong.of(8),
                ClockOffsetStore.file(real.resolve("offset")).load());
    }

    @Test
    void aFolderThereIsLeftAlone() throws Exception {
        Files.createDirectory(file);
        assertEquals(OptionalLong.empty(), store.load());
        assertThrows(UncheckedIOException.class, () -> store.save(6));
        assertTrue(Files.isDirectory(file));
        assertEquals(Set.of("offset"), names());
    }

    @Test
    void aRootIsNoFile() {
        Path root = folder.toAbsolutePath().getRoot();
        assertThrows(IllegalArgumentException.class, () -> ClockOffsetStore.file(root));
    }

    @Test
    void onlyTheOwnerReadsTheFile() throws Exception {
        Files.writeString(file, "clock_offset_ms=5\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
        store.save(6);
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    }

    @Test
    void anInterruptedThreadKeepsNothingAndStaysInterrupted() throws Exception {
        store.save(1);
        Thread.currentThread().interrupt();
        UncheckedIOException told;
        try {
            told = assertThrows(UncheckedIOException.class, () -> store.save(2));
        } finally {
            assertTrue(Thread.interrupted());
        }
        assertInstanceOf(ClosedByInterruptException.class, told.getCause());
        assertEquals(OptionalLong.of(1), store.load());
        assertEquals(Set.of("offset"), names());
    }

    /** Each writer has a store of its own, as processes have. */
    @Test
    void ofManyWritersOneWinsAndReadersNeverSeeAMixture() throws Exception {
        long[] numbers = {7, -12_345, 99_999_999_999_999L, -99_999_999_999_999L};
        Set<Long> possible = new TreeSet<>();
        for (long number : numbers) {
            possible.add(number);
        }
        store.save(numbers[0]);
        CountDownLatch together = new CountDownLatch(numbers.length);
        ExecutorService pool = Executors.newFixedThreadPool(numbers.length);
        try {
            List<Future<?>> writers = new ArrayList<>();
            for (long number : numbers) {
                writers.add(pool.submit(() -> {
                    ClockOffsetStore own = ClockOffsetStore.file(file);
                    together.countDown();
                    assertTrue(together.await(30, TimeUnit.SECONDS));
                    for (int i = 0; i < 25; i++) {
                        own.save(number);
                    }
                    return null;
                }));
            }
            while (!writers.stream().allMatch(Future::isDone)) {
                assertTrue(possible.contains(store.load().orElse(0)), "a whole number of one of them");
            }
            for (Future<?> writer : writers) {
                assertEquals(null, writer.get(60, TimeUnit.SECONDS));
            }
        } finally {
            pool.shutdownNow();
        }
        assertTrue(possible.contains(store.load().orElse(0)));
        assertEquals(Set.of("offset"), names());
    }

    @Test
    void theNameShowsNoNumber() {
        store.save(123_456);
        assertEquals("ClockOffsetStore[" + file + "]", store.toString());
    }

    private void assertNone(String content) throws IOException {
        Files.writeString(file, content);
        assertEquals(OptionalLong.empty(), store.load(), content);
        Clock clock = Clock.fixed(Instant.ofEpochSecond(9), ZoneOffset.UTC);
        assertEquals(9, ClockOffset.of(clock, store).timestamp());
    }

    private Set<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            Set<String> names = new TreeSet<>();
            files.forEach(each -> names.add(String.valueOf(each.getFileName())));
            return names;
        }
    }
}
