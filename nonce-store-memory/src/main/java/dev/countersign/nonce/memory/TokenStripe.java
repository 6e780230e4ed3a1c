package dev.countersign.nonce.memory;

import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A share of the tokens: a hash table with chains whose entries also hang in one list for each deadline, so that the
 * expired ones are found without a search. An entry is a number from 1 on; 0 is none. Entries live in chunks of
 * primitive arrays: 28 bytes each, plus 4 to 8 for the chain's head. Everything but {@link #lock} is guarded by it.
 */
final class TokenStripe {
    /** How many a store has at least, unless a test wants fewer. */
    static final int FEWEST = 64;

    private static final int MOST = 4096;
    private static final int TOKENS_WHEN_FULL = 32_768;
    private static final int CHUNK_BITS = 7;
    private static final int CHUNK = 1 << CHUNK_BITS;
    private static final int FIRST_HEADS = 64;
    private static final int ARRAY_HEADER = 16;

    final ReentrantLock lock = new ReentrantLock();

    private final TokenHash hash;

    /** Chains by the low bits of a token's hash under the store's key, so nobody can make a chain long. */
    private int[] heads = new int[FIRST_HEADS];

    private Chunk[] chunks = new Chunk[0];
    private int size;
    private int everUsed;
    private int free;

    /** The deadlines that occur, ascending, from {@code firstDeadline} to before {@code endDeadline}. */
    private long[] deadlines = new long[8];

    private int[] deadlineHeads = new int[8];
    private int firstDeadline;
    private int endDeadline;

    TokenStripe(TokenHash hash) {
        this.hash = hash;
    }

    /**
     * The stripes of a store: so many that a stripe stays small also when the store is full: growing one is the longest
     * hold of a lock.
     */
    static TokenStripe[] forCapacity(long capacity, TokenHash hash, int fewest) {
        int count = fewest;
        while (count < MOST && 2 * capacity / count > TOKENS_WHEN_FULL) {
            count *= 2;
        }
        TokenStripe[] stripes = new TokenStripe[count];
        for (int i = 0; i < count; i++) {
            stripes[i] = new TokenStripe(hash);
        }
        return stripes;
    }

    /** @param tokenHash the token's, under the store's key */
    boolean contains(long tokenHash, long high, long low) {
        for (int entry = heads[slot(tokenHash)]; entry != 0; entry = chunk(entry).chain[offset(entry)]) {
            Chunk chunk = chunk(entry);
            int at = offset(entry);
            if (chunk.low[at] == low && chunk.high[at] == high) {
                return true;
            }
        }
        return false;
    }

    /** Makes room for so many more tokens, so that {@link #add} needs no memory and cannot fail half-way. */
    void ensureRoom(int tokens) {
        while (chunks.length * (long) CHUNK < (long) size + tokens) {
            Chunk[] more = Arrays.copyOf(chunks, chunks.length + 1);
            more[chunks.length] = new Chunk();
            chunks = more;
        }
        if ((long) size + tokens > heads.length && heads.length < 1 << 30) {
            rehash(heads.length * 2);
        }
        if (endDeadline + tokens > deadlines.length) {
            int kept = endDeadline - firstDeadline;
            int capacity = Math.max(8, 2 * (kept + tokens));
            long[] newDeadlines = new long[capacity];
            int[] newHeads = new int[capacity];
            System.arraycopy(deadlines, firstDeadline, newDeadlines, 0, kept);
            System.arraycopy(deadlineHeads, firstDeadline, newHeads, 0, kept);
            deadlines = newDeadlines;
            deadlineHeads = newHeads;
            firstDeadline = 0;
            endDeadline = kept;
        }
    }

    /**
     * Adds a token that is not there; room was made before.
     *
     * @param tokenHash the token's, under the store's key
     * @param count to be released with the token, or null
     */
    void add(long tokenHash, long high, long low, long deadline, DeviceQuotas.@Nullable Count count) {
        int entry = free;
        if (entry == 0) {
            entry = ++everUsed;
        } else {
            free = chunk(entry).chain[offset(entry)];
        }
        Chunk chunk = chunk(entry);
        int at = offset(entry);
        int slot = slot(tokenHash);
        int list = listOf(deadline);
        chunk.high[at] = high;
        chunk.low[at] = low;
        chunk.count[at] = count;
        chunk.chain[at] = heads[slot];
        heads[slot] = entry;
        chunk.sameDeadline[at] = deadlineHeads[list];
        deadlineHeads[list] = entry;
        size++;
    }

    /** The earliest deadline of a token that is here; {@link Long#MAX_VALUE} if there is none. */
    long earliestDeadline() {
        return firstDeadline == endDeadline ? Long.MAX_VALUE : deadlines[firstDeadline];
    }

    /** Removes one token with the earliest deadline, of which there must be one: the count to release, or null. */
    DeviceQuotas.@Nullable Count removeEarliest() {
        int entry = deadlineHeads[firstDeadline];
        Chunk chunk = chunk(entry);
        int at = offset(entry);
        deadlineHeads[firstDeadline] = chunk.sameDeadline[at];
        if (deadlineHeads[firstDeadline] == 0) {
            firstDeadline++;
        }
        unchain(entry, slot(hash.of(chunk.high[at], chunk.low[at])), chunk.chain[at]);
        DeviceQuotas.Count count = chunk.count[at];
        chunk.count[at] = null;
        chunk.chain[at] = free;
        free = entry;
        if (--size == 0) {
            shrink();
        }
        return count;
    }

    int size() {
        return size;
    }

    /** The longest chain, for tests. */
    int longestChain() {
        int longest = 0;
        for (int head : heads) {
            int length = 0;
            for (int entry = head; entry != 0; entry = chunk(entry).chain[offset(entry)]) {
                length++;
            }
            longest = Math.max(longest, length);
        }
        return longest;
    }

    /** Bytes of the arrays, with compressed references. */
    long bytes() {
        long perChunk = 5L * ARRAY_HEADER + 40 + CHUNK * (8L + 8 + 4 + 4 + 4);
        return 3L * ARRAY_HEADER
                + 4L * heads.length
                + 12L * deadlines.length
                + chunks.length * (4L + perChunk)
                + ARRAY_HEADER;
    }

    private void unchain(int entry, int slot, int next) {
        int before = heads[slot];
        if (before == entry) {
            heads[slot] = next;
            return;
        }
        while (chunk(before).chain[offset(before)] != entry) {
            before = chunk(before).chain[offset(before)];
        }
        chunk(before).chain[offset(before)] = next;
    }

    private void rehash(int newLength) {
        int[] newHeads = new int[newLength];
        for (int oldHead : heads) {
            int entry = oldHead;
            while (entry != 0) {
                Chunk chunk = chunk(entry);
                int at = offset(entry);
                int next = chunk.chain[at];
                int slot = (int) hash.of(chunk.high[at], chunk.low[at]) & (newLength - 1);
                chunk.chain[at] = newHeads[slot];
                newHeads[slot] = entry;
                entry = next;
            }
        }
        heads = newHeads;
    }

    /** Where the list of a deadline is; a new list is put in its place, which is nearly always the end. */
    private int listOf(long deadline) {
        int found = Arrays.binarySearch(deadlines, firstDeadline, endDeadline, deadline);
        if (found >= 0) {
            return found;
        }
        int place = -found - 1;
        int behind = endDeadline - place;
        System.arraycopy(deadlines, place, deadlines, place + 1, behind);
        System.arraycopy(deadlineHeads, place, deadlineHeads, place + 1, behind);
        deadlines[place] = deadline;
        deadlineHeads[place] = 0;
        endDeadline++;
        return place;
    }

    /** The stripe is empty: gives back what a burst of claims made it take. */
    private void shrink() {
        if (heads.length > FIRST_HEADS) {
            heads = new int[FIRST_HEADS];
        }
        if (chunks.length > 1) {
            chunks = Arrays.copyOf(chunks, 1);
        }
        everUsed = 0;
        free = 0;
        firstDeadline = 0;
        endDeadline = 0;
    }

    private int slot(long tokenHash) {
        return (int) tokenHash & (heads.length - 1);
    }

    private Chunk chunk(int entry) {
        return chunks[(entry - 1) >>> CHUNK_BITS];
    }

    private static int offset(int entry) {
        return (entry - 1) & (CHUNK - 1);
    }

    private static final class Chunk {
        final long[] high = new long[CHUNK];
        final long[] low = new long[CHUNK];
        final int[] chain = new int[CHUNK];
        final int[] sameDeadline = new int[CHUNK];
        final DeviceQuotas.@Nullable Count[] count = new DeviceQuotas.Count[CHUNK];
    }
}
