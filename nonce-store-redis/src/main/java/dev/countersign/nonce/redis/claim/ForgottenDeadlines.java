package dev.countersign.nonce.redis.claim;

import java.util.ArrayList;
import java.util.List;

/**
 * The latest deadline of a claim that Redis can have dropped by now. Claims leave Redis a fixed time after they were
 * made, whatever this node's clock does meanwhile. A request whose claim can have gone is refused, however fresh a
 * clock that stepped back makes it look.
 *
 * <p>Each reading of the clock is kept with the monotonic time at which it was taken; the difference of the two is a
 * frame. A claim made in a frame, with a deadline d on the clock, is gone once the frame's time (monotonic time plus
 * that difference) has passed d, and not before. So what can be gone now is at most the frame's time, and at most the
 * frame's last reading plus the longest that a claim lives. A frame whose claims are all gone is left when a later one
 * has caught up: a clock that was ahead for a while and was set right costs no more than what was accepted while it was
 * ahead.
 *
 * <p>Thread-safe; the usual reading takes no lock.
 */
public final class ForgottenDeadlines {
    /** Readings are whole seconds and are taken a moment before they get here: smaller differences are one frame. */
    private static final long SAME_FRAME_MILLIS = 2_000;

    private static final int MOST_FRAMES = 32;
    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final long FARTHEST_SECOND = 1L << 40;

    /** No frame has both less difference and an earlier last reading than another one. */
    private volatile List<Frame> frames = List.of();

    private volatile long longestSeconds = 1;

    /**
     * @param difference the clock's milliseconds less the monotonic ones
     * @param last the latest second that was read in it
     */
    private record Frame(long difference, long last) {
        boolean covers(Frame other) {
            return difference >= other.difference && last >= other.last;
        }

        long latest(long monotonic, long longest) {
            return Math.min(monotonic + difference, capMillis(longest));
        }

        long capMillis(long longest) {
            return (last + longest) * 1000;
        }
    }

    /** How long a claim is kept beyond the reading that dates it, in seconds: before it is made. */
    public void claimKept(long seconds) {
        if (seconds > longestSeconds) {
            synchronized (this) {
                longestSeconds = Math.max(longestSeconds, Math.min(seconds, FARTHEST_SECOND));
            }
        }
    }

    /** The clock was read: Unix seconds. Before a claim that it dates is made. */
    public void reading(long second, long nanoTime) {
        long within = Math.max(-FARTHEST_SECOND, Math.min(FARTHEST_SECOND, second));
        Frame read = new Frame(within * 1000 - nanoTime / NANOS_PER_MILLI, within);
        for (Frame frame : frames) {
            if (frame.covers(read)) {
                return;
            }
        }
        add(read, nanoTime / NANOS_PER_MILLI);
    }

    /** The latest deadline, a Unix second: of claims that may be gone. Never decreases. */
    public long latest(long nanoTime) {
        long latest = Long.MIN_VALUE;
        for (Frame frame : frames) {
            latest = Math.max(latest, frame.latest(nanoTime / NANOS_PER_MILLI, longestSeconds));
        }
        return latest == Long.MIN_VALUE ? latest : Math.floorDiv(latest, 1000L);
    }

    private synchronized void add(Frame read, long monotonic) {
        Frame added = read;
        for (Frame frame : frames) {
            long ahead = frame.difference() - read.difference();
            if (ahead >= 0 && ahead <= SAME_FRAME_MILLIS) {
                added = new Frame(frame.difference(), Math.max(frame.last(), read.last()));
                break;
            }
        }
        List<Frame> kept = new ArrayList<>(List.of(added));
        for (Frame frame : frames) {
            boolean passed = frame.capMillis(longestSeconds) <= added.latest(monotonic, longestSeconds);
            if (!added.covers(frame) && !passed) {
                if (frame.covers(added)) {
                    return;
                }
                kept.add(frame);
            }
        }
        if (kept.size() > MOST_FRAMES) {
            // A clock that steps that often gets one frame that is as careful as all of them.
            long difference = kept.stream().mapToLong(Frame::difference).max().orElseThrow();
            long last = kept.stream().mapToLong(Frame::last).max().orElseThrow();
            kept = List.of(new Frame(difference, last));
        }
        frames = List.copyOf(kept);
    }

    /** For tests. */
    public int frames() {
        return frames.size();
    }
}
