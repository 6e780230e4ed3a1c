package dev.countersign.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a body that has no verdict yet, copied into pooled buffers: what a decoder hands out are slices of
 * buffers that may be a thousand times as large. Grows with the bytes that arrive and never with those that are
 * announced. For the event loop alone.
 */
final class HeldBody {
    static final int FIRST_CHUNK = 1024;
    static final int LARGEST_CHUNK = 64 * 1024;

    private final ByteBufAllocator allocator;
    private final MemoryBudget budget;
    private final ArrayDeque<ByteBuf> chunks = new ArrayDeque<>(2);
    private long size;
    private long taken;

    HeldBody(ByteBufAllocator allocator, MemoryBudget budget) {
        this.allocator = allocator;
        this.budget = budget;
    }

    /**
     * Copies all that can be read, and leaves the reader index where it is.
     *
     * @return false if the budget has no room for it; then a part may have been copied
     */
    boolean add(ByteBuf bytes) {
        int from = bytes.readerIndex();
        int left = bytes.readableBytes();
        while (left > 0) {
            ByteBuf last = chunks.peekLast();
            if (last == null || !last.isWritable()) {
                last = grow(left);
                if (last == null) {
                    return false;
                }
            }
            int count = Math.min(left, last.writableBytes());
            last.writeBytes(bytes, from, count);
            from += count;
            left -= count;
            size += count;
        }
        return true;
    }

    private @Nullable ByteBuf grow(int needed) {
        ByteBuf last = chunks.peekLast();
        int wanted = Math.max(needed, last == null ? FIRST_CHUNK : 2 * last.capacity());
        int capacity = Math.min(wanted, LARGEST_CHUNK);
        if (taken < MemoryBudget.SMALL) {
            capacity = (int) Math.min(capacity, MemoryBudget.SMALL - taken);
        }
        if (!budget.take(capacity, taken)) {
            return null;
        }
        taken += capacity;
        ByteBuf chunk = allocator.buffer(capacity, capacity);
        chunks.add(chunk);
        return chunk;
    }

    /** How many bytes it holds. */
    long size() {
        return size;
    }

    boolean isEmpty() {
        return chunks.isEmpty();
    }

    /** The next buffer, whose owner is the caller now; null if there is none. */
    @Nullable ByteBuf poll() {
        ByteBuf chunk = chunks.poll();
        if (chunk != null) {
            size -= chunk.readableBytes();
        }
        if (chunks.isEmpty()) {
            giveBack(taken);
        } else if (chunk != null) {
            giveBack(chunk.capacity());
        }
        return chunk;
    }

    /** Drops all. May be called again. */
    void release() {
        for (ByteBuf chunk = chunks.poll(); chunk != null; chunk = chunks.poll()) {
            chunk.release();
        }
        size = 0;
        giveBack(taken);
    }

    private void giveBack(long bytes) {
        budget.give(bytes);
        taken -= bytes;
    }
}
