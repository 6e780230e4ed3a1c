package dev.countersign.servlet;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a body, in chunks. Grows with the bytes that arrive and never with those that are announced, and copies
 * none when it grows. Filled by one thread and read afterwards; readers have positions of their own. Any thread may
 * {@linkplain #drop} it meanwhile. What it holds counts in a {@link BodyMemory} until it is {@linkplain #release released} or
 * dropped.
 */
final class BodyBuffer {
    static final int FIRST_CHUNK = 2 * 1024;
    static final int LARGEST_CHUNK = 64 * 1024;

    /** Guarded by itself while the buffer is filled. */
    private final List<byte[]> chunks = new ArrayList<>();

    private final BodyMemory memory;

    /** How much of the memory is taken; guarded by the chunks. */
    private long held;

    private volatile boolean dropped;
    private int lastUsed;
    private long size;

    BodyBuffer(BodyMemory memory) {
        this.memory = memory;
    }

    /**
     * Reads what is there, at most one chunk of it.
     *
     * @return the bytes that were read, or null at the end of the input
     * @throws NoRoomException if the memory is used up; nothing was read then
     */
    @Nullable ByteBuffer readFrom(InputStream in) throws IOException {
        byte[] last = chunkWithRoom();
        int read = in.read(last, lastUsed, last.length - lastUsed);
        if (read < 0) {
            return null;
        }
        ByteBuffer bytes = ByteBuffer.wrap(last, lastUsed, read);
        lastUsed += read;
        size += read;
        return bytes;
    }

    /** How many bytes were read. */
    long size() {
        return size;
    }

    /** How many bytes of memory are taken. */
    long capacity() {
        synchronized (chunks) {
            return chunks.stream().mapToLong(chunk -> chunk.length).sum();
        }
    }

    /** Keeps nothing from now on: of what was read, only the chunk that a read is about to fill is held until it returns. */
    void drop() {
        synchronized (chunks) {
            dropped = true;
            chunks.clear();
            release();
        }
    }

    /** Counts no longer: the body is verified and the application's, or nobody's. Idempotent. */
    void release() {
        synchronized (chunks) {
            memory.give(held);
            held = 0;
        }
    }

    /**
     * A position before the first byte.
     *
     * @throws IllegalStateException if the bytes were dropped
     */
    Reader reader() {
        if (dropped) {
            throw new IllegalStateException("the body was dropped");
        }
        return new Reader();
    }

    private byte[] chunkWithRoom() {
        synchronized (chunks) {
            byte[] last = chunks.isEmpty() ? null : chunks.get(chunks.size() - 1);
            if (last != null && lastUsed < last.length) {
                return last;
            }
            int length = last == null ? FIRST_CHUNK : Math.min(LARGEST_CHUNK, 2 * last.length);
            if (!dropped) {
                if (!memory.take(length, held)) {
                    throw new NoRoomException();
                }
                held += length;
            }
            byte[] chunk = new byte[length];
            lastUsed = 0;
            if (!dropped) {
                chunks.add(chunk);
            }
            return chunk;
        }
    }

    /** All bodies together take the memory that they may. */
    static final class NoRoomException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NoRoomException() {
            super("no memory left for bodies", null, false, false);
        }
    }

    /** A position in the bytes. */
    final class Reader extends InputStream {
        private int chunk;
        private int offset;
        private long position;

        long remaining() {
            return size - position;
        }

        @Override
        public int read() {
            if (position == size) {
                return -1;
            }
            int value = current()[offset] & 0xFF;
            advance(1);
            return value;
        }

        @Override
        public int read(byte[] to, int from, int length) {
            Objects.checkFromIndexSize(from, length, to.length);
            if (length == 0) {
                return 0;
            }
            if (position == size) {
                return -1;
            }
            byte[] bytes = current();
            int count = (int) Math.min(Math.min(length, bytes.length - offset), remaining());
            System.arraycopy(bytes, offset, to, from, count);
            advance(count);
            return count;
        }

        @Override
        public int available() {
            return (int) Math.min(Integer.MAX_VALUE, remaining());
        }

        private byte[] current() {
            if (offset == chunks.get(chunk).length) {
                chunk++;
                offset = 0;
            }
            return chunks.get(chunk);
        }

        private void advance(int count) {
            offset += count;
            position += count;
        }
    }
}
