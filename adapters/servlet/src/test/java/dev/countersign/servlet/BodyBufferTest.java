package dev.countersign.servlet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class BodyBufferTest {
    /** Gives at most {@code most} bytes at a time, as a network does. */
    private static InputStream dripping(byte[] bytes, int most) {
        return new ByteArrayInputStream(bytes) {
            @Override
            public synchronized int read(byte[] to, int offset, int length) {
                return super.read(to, offset, Math.min(length, most));
            }
        };
    }

    private static byte[] fill(BodyBuffer body, InputStream in) throws IOException {
        ByteArrayOutputStream seen = new ByteArrayOutputStream();
        for (ByteBuffer chunk = body.readFrom(in); chunk != null; chunk = body.readFrom(in)) {
            while (chunk.hasRemaining()) {
                seen.write(chunk.get());
            }
        }
        return seen.toByteArray();
    }

    @Property(tries = 300)
    void whatIsReadIsSeenAndReplayed(
            @ForAll long seed,
            @ForAll @IntRange(max = 300_000) int size,
            @ForAll @IntRange(min = 1, max = 70_000) int writes,
            @ForAll @IntRange(min = 1, max = 70_000) int reads)
            throws IOException {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        BodyBuffer body = new BodyBuffer(new BodyMemory(1 << 20));
        // Small pieces of a large body would take long and show nothing more.
        int piece = Math.max(writes, size / 1000);
        assertArrayEquals(bytes, fill(body, dripping(bytes, piece)));
        assertEquals(size, body.size());
        assertTrue(body.capacity() <= 2L * size + BodyBuffer.FIRST_CHUNK + BodyBuffer.LARGEST_CHUNK);

        BodyBuffer.Reader reader = body.reader();
        byte[] replayed = new byte[size];
        int at = 0;
        while (at < size) {
            assertEquals(size - at, reader.available());
            int count = reader.read(replayed, at, Math.min(Math.max(reads, size / 1000), size - at));
            assertTrue(count > 0);
            at += count;
        }
        assertArrayEquals(bytes, replayed);
        assertEquals(-1, reader.read());
        assertEquals(-1, reader.read(replayed.length == 0 ? new byte[1] : replayed, 0, 1));
        assertArrayEquals(bytes, body.reader().readAllBytes());
    }

    @Property(tries = 100)
    void bytesCanBeReadOneByOne(@ForAll @IntRange(max = 5_000) int size) throws IOException {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        BodyBuffer body = new BodyBuffer(new BodyMemory(1 << 20));
        assertArrayEquals(bytes, fill(body, dripping(bytes, 700)));
        BodyBuffer.Reader reader = body.reader();
        for (byte expected : bytes) {
            assertEquals(expected & 0xFF, reader.read());
        }
        assertEquals(-1, reader.read());
    }

    @Test
    void memoryGrowsWithWhatArrives() throws IOException {
        BodyBuffer body = new BodyBuffer(new BodyMemory(1 << 20));
        assertEquals(0, body.capacity());
        body.readFrom(new ByteArrayInputStream(new byte[1]));
        assertEquals(BodyBuffer.FIRST_CHUNK, body.capacity());
        assertNull(body.readFrom(InputStream.nullInputStream()));
        assertEquals(1, body.size());
    }

    @Test
    void readingFollowsTheRulesOfStreams() {
        BodyBuffer.Reader reader = new BodyBuffer(new BodyMemory(1 << 20)).reader();
        assertEquals(0, reader.read(new byte[1], 0, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> reader.read(new byte[1], 0, 2));
        assertEquals(-1, reader.read());
    }
}
