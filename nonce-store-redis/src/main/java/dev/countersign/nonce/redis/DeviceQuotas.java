package dev.countersign.nonce.redis;

import dev.countersign.api.device.DeviceIdentity;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How many live requests this node claimed for each device. Counts the devices seen last, and forgets one that many
 * others came after: a device that uses up its quota is not among those. Thread-safe; locks are short.
 */
final class DeviceQuotas {
    private static final int STRIPES = 64;

    /** Deadlines told apart for a device; nearby ones are counted together, until the later of them. */
    private static final int DEADLINES = 16;

    private final int quota;
    private final Stripe[] stripes = new Stripe[STRIPES];

    DeviceQuotas(int quota, int devices) {
        this.quota = quota;
        for (int i = 0; i < STRIPES; i++) {
            stripes[i] = new Stripe(Math.max(1, devices / STRIPES));
        }
    }

    /** Counts one more request, live until its deadline has passed: false if the device has used up its quota. */
    boolean reserve(DeviceIdentity device, long deadline, long now) {
        Stripe stripe = stripeOf(device);
        synchronized (stripe) {
            return stripe.computeIfAbsent(device, absent -> new Count()).add(deadline, now, quota);
        }
    }

    /** Takes back what {@link #reserve} counted. */
    void release(DeviceIdentity device, long deadline) {
        Stripe stripe = stripeOf(device);
        synchronized (stripe) {
            Count count = stripe.get(device);
            if (count != null && count.remove(deadline)) {
                stripe.remove(device);
            }
        }
    }

    /** What {@link #reserve} counted is live for longer. */
    void postpone(DeviceIdentity device, long deadline, long later) {
        Stripe stripe = stripeOf(device);
        synchronized (stripe) {
            Count count = stripe.get(device);
            if (count != null) {
                count.remove(deadline);
                // A place has just become free, so there is one.
                count.add(later, Long.MIN_VALUE, Integer.MAX_VALUE);
            }
        }
    }

    /** Devices that are counted, for tests. */
    int devices() {
        int sum = 0;
        for (Stripe stripe : stripes) {
            synchronized (stripe) {
                sum += stripe.size();
            }
        }
        return sum;
    }

    private Stripe stripeOf(DeviceIdentity device) {
        int hash = device.hashCode();
        return stripes[(hash ^ hash >>> 16) & STRIPES - 1];
    }

    private static final class Stripe extends LinkedHashMap<DeviceIdentity, Count> {
        private static final long serialVersionUID = 1L;

        private final int most;

        Stripe(int most) {
            super(16, 0.75f, true);
            this.most = most;
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<DeviceIdentity, Count> eldest) {
            return size() > most;
        }
    }

    /** Requests by deadline, the earliest first. */
    private static final class Count {
        private long[] deadlines = new long[1];
        private int[] requests = new int[1];
        private int used;
        private int live;

        /** Deadlines are rounded up to its multiples: one, until there are too many of them. */
        private long step = 1;

        boolean add(long deadline, long now, int quota) {
            drop(now);
            if (live >= quota) {
                return false;
            }
            while (true) {
                long rounded = roundedUp(deadline);
                int at = at(rounded);
                boolean there = at < used && deadlines[at] == rounded;
                if (there || used < DEADLINES) {
                    if (!there) {
                        insert(at, rounded);
                    }
                    requests[at]++;
                    live++;
                    return true;
                }
                step *= 2;
                joinRounded();
            }
        }

        /** True if nothing is live any more. */
        boolean remove(long deadline) {
            int at = at(roundedUp(deadline));
            if (at < used && requests[at] > 0) {
                requests[at]--;
                live--;
            }
            return live == 0;
        }

        private long roundedUp(long deadline) {
            return Math.floorDiv(deadline + step - 1, step) * step;
        }

        private void drop(long now) {
            int gone = 0;
            while (gone < used && deadlines[gone] < now) {
                live -= requests[gone];
                gone++;
            }
            if (gone > 0) {
                System.arraycopy(deadlines, gone, deadlines, 0, used - gone);
                System.arraycopy(requests, gone, requests, 0, used - gone);
                used -= gone;
            }
            if (used == 0) {
                step = 1;
            }
        }

        /** The first place whose deadline is not earlier. */
        private int at(long deadline) {
            int at = 0;
            while (at < used && deadlines[at] < deadline) {
                at++;
            }
            return at;
        }

        private void insert(int at, long deadline) {
            if (used == deadlines.length) {
                deadlines = Arrays.copyOf(deadlines, Math.min(DEADLINES, 2 * used));
                requests = Arrays.copyOf(requests, deadlines.length);
            }
            System.arraycopy(deadlines, at, deadlines, at + 1, used - at);
            System.arraycopy(requests, at, requests, at + 1, used - at);
            deadlines[at] = deadline;
            requests[at] = 0;
            used++;
        }

        private void joinRounded() {
            int joined = 0;
            for (int i = 0; i < used; i++) {
                long rounded = roundedUp(deadlines[i]);
                if (joined > 0 && deadlines[joined - 1] == rounded) {
                    requests[joined - 1] += requests[i];
                } else {
                    deadlines[joined] = rounded;
                    requests[joined] = requests[i];
                    joined++;
                }
            }
            used = joined;
        }
    }
}
