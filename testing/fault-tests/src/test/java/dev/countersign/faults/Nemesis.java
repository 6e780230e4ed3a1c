package dev.countersign.faults;

import dev.countersign.faults.Event.Fault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;

/**
 * Deals out harm in an order and for times that a seed decides: each harm of the deck once, sometimes two at a time, and
 * the next when every node has recovered from the last.
 */
final class Nemesis {
    private static final int SHORTEST_MILLIS = 50;
    private static final int LONGEST_MILLIS = 1_300;
    private static final int AGAIN_MILLIS = 80;
    private static final int REST_MILLIS = 200;
    private static final int TOGETHER_ONE_IN = 4;

    private final History history;
    private final Random random;
    private final Duration patience;
    private final BiConsumer<Moment, Moment> afterwards;

    /**
     * A nemesis.
     *
     * @param patience how long it waits for the nodes to recover
     * @param afterwards told of each fault's start and end
     */
    Nemesis(History history, Random random, Duration patience, BiConsumer<Moment, Moment> afterwards) {
        this.history = history;
        this.random = random;
        this.patience = patience;
        this.afterwards = afterwards;
    }

    /** Returns when the whole deck is dealt and the nodes have recovered, or have had the time to. */
    void deal(List<Harm> deck) {
        List<Harm> left = new ArrayList<>(deck);
        Collections.shuffle(left, random);
        while (!left.isEmpty()) {
            List<Harm> hand = new ArrayList<>(List.of(left.remove(0)));
            if (random.nextInt(TOGETHER_ONE_IN) == 0) {
                left.stream()
                        .filter(other -> other.target() != hand.get(0).target())
                        .findFirst()
                        .ifPresent(hand::add);
                left.removeAll(hand);
            }
            rest(random.nextInt(REST_MILLIS));
            int millis = SHORTEST_MILLIS + random.nextInt(LONGEST_MILLIS - SHORTEST_MILLIS);
            for (Harm harm : hand) {
                millis = Math.max(millis, Math.toIntExact(harm.atLeast().toMillis()));
            }
            hurt(hand, millis);
        }
    }

    private void hurt(List<Harm> hand, int millis) {
        Moment start = Moment.now();
        List<Integer> hitsBefore = new ArrayList<>();
        for (Harm harm : hand) {
            hitsBefore.add(harm.hits().getAsInt());
            harm.again().run();
        }
        for (int gone = 0; gone < millis; gone += AGAIN_MILLIS) {
            rest(Math.min(AGAIN_MILLIS, millis - gone));
            hand.forEach(harm -> harm.again().run());
        }
        for (Harm harm : hand) {
            harm.end().run();
        }
        Moment end = Moment.now();
        for (int i = 0; i < hand.size(); i++) {
            Harm harm = hand.get(i);
            int hits = harm.hits().getAsInt() - hitsBefore.get(i);
            history.note(new Fault(harm.kind(), harm.target(), harm.node(), start, end, hits));
        }
        afterwards.accept(start, end);
        await(patience, () -> history.allServeSince(end));
    }

    /** Asks until the answer is yes or the time is over. */
    static boolean await(Duration limit, BooleanSupplier question) {
        Moment start = Moment.now();
        while (!question.getAsBoolean()) {
            if (Moment.now().since(start).compareTo(limit) > 0 || Thread.interrupted()) {
                return false;
            }
            rest(5);
        }
        return true;
    }

    static void rest(int millis) {
        LockSupport.parkNanos(Duration.ofMillis(millis).toNanos());
    }
}
