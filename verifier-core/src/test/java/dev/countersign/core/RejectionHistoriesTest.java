package dev.countersign.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.Caller;
import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.Verdict;
import dev.countersign.api.Verification;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.core.SignedRequests.Draft;
import dev.countersign.core.engine.EcdsaP256Engine;
import dev.countersign.core.engine.PreparedKey;
import dev.countersign.testkit.InMemoryDeviceRegistry;
import dev.countersign.testkit.MutableClock;
import dev.countersign.testkit.TestKeys;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The same history happens to three nodes: on one of them the identity that is attacked was made up, on the others it is a
 * device, at hand or not, whose key the attacker does not have. Each answer must be the same: status, code and Retry-After.
 * Nor is a genuine request ever told that its key is wrong, whichever limit is used up.
 *
 * <p>Histories are of three {@linkplain Sort sorts}. An outage, in which both reads and polls fail, is in none of them: the
 * reads by which it is noticed are those of devices at hand, too. Where heads and bodies come apart, everybody's readings are
 * held and released but those of the attacked identity: while its body is on its way a request is being read for or not,
 * and who makes the store slow or the share full at that moment sees which, as he does by the time of the answer.
 *
 * <p>The system property {@code countersign.histories} says how many of each sort, {@code countersign.firstHistory} with
 * which seed they begin.
 */
class RejectionHistoriesTest {
    private static final int HISTORIES = Integer.getInteger("countersign.histories", 100);
    private static final long FIRST = Long.getLong("countersign.firstHistory", 0);

    private static final int STEPS = 60;
    private static final int OTHERS = 3;
    private static final int ENOUGH_TO_FILL_A_SHARE = 200;
    private static final long NOW = 1_800_000_000L;
    private static final String STRANGER = "stranger";
    private static final long KEY = 1;
    private static final long WRONG = 2;
    private static final DeviceIdentity ATTACKED = new DeviceIdentity("target", SignedRequests.DEVICE);

    private static final Map<Long, DevicePublicKey> KEYS = new ConcurrentHashMap<>();

    /** What the attacked identity is. */
    private enum Target {
        MADE_UP,
        AT_HAND,
        NOT_AT_HAND
    }

    private enum Kind {
        ATTACK,
        FLOOD,
        SOME_STRANGERS,
        HOLD,
        LET_GO,
        ANSWER_ONE,
        PASS,
        OTHER_ROTATES_ELSEWHERE,
        OTHER_COMES_WITH_ITS_KEY,
        OTHER_IS_ATTACKED,
        STRANGER,
        FEED,
        FAIL_ONE,
        READS_FAIL,
        STUCK,
        BEGIN,
        FINISH
    }

    private enum Sort {
        /** Requests come whole; reads are held, released, fail and run into their time limit, the attacked identity's among them. */
        READS_FAIL,

        /** Requests come whole; reads are held and released, and polls fail. */
        POLLS_FAIL,

        /** Heads and bodies come apart; others' reads are held and released, and polls fail. */
        BODIES_COME_LATER;

        List<Kind> kinds() {
            List<Kind> kinds = new ArrayList<>(EnumSet.range(Kind.ATTACK, Kind.STRANGER));
            kinds.addAll(
                    switch (this) {
                        case READS_FAIL -> List.of(Kind.FAIL_ONE, Kind.READS_FAIL, Kind.STUCK);
                        case POLLS_FAIL -> List.of(Kind.FEED);
                        case BODIES_COME_LATER -> List.of(Kind.FEED, Kind.BEGIN, Kind.FINISH);
                    });
            return kinds;
        }
    }

    private record Step(Kind kind, int number) {}

    private record History(Sort sort, int loads, int rechecks, int unknowns, List<Step> steps) {
        static History of(long seed, Sort sort) {
            Random random = new Random(seed);
            List<Kind> kinds = sort.kinds();
            int loads = 8 + random.nextInt(60);
            int rechecks = 1 + random.nextInt(4);
            int unknowns = random.nextBoolean() ? 10_000 : 1 + random.nextInt(20);
            List<Step> steps = new ArrayList<>();
            for (int i = 0; i < STEPS; i++) {
                Kind kind = random.nextInt(4) == 0 ? Kind.ATTACK : kinds.get(random.nextInt(kinds.size()));
                steps.add(new Step(kind, random.nextInt(1 << 16)));
            }
            return new History(sort, loads, rechecks, unknowns, steps);
        }

        History without(int step) {
            List<Step> fewer = new ArrayList<>(steps);
            fewer.remove(step);
            return new History(sort, loads, rechecks, unknowns, fewer);
        }

        /** The answers that are not the same, or null. */
        @Nullable String difference() {
            List<String> first = happensTo(Target.MADE_UP);
            for (Target target : List.of(Target.AT_HAND, Target.NOT_AT_HAND)) {
                List<String> told = happensTo(target);
                if (!first.equals(told)) {
                    return "MADE_UP " + first + "\n" + target + " " + told;
                }
            }
            return null;
        }

        List<String> happensTo(Target target) {
            Node node = new Node(target, this);
            steps.forEach(node::take);
            return node.end();
        }

        /** As few of the steps as still make a difference. */
        History shrunk() {
            History least = this;
            for (int i = steps.size() - 1; i >= 0; i--) {
                History fewer = least.without(i);
                if (fewer.difference() != null) {
                    least = fewer;
                }
            }
            return least;
        }
    }

    /** Signatures that cost nothing: r has the numbers of the key and of the request. */
    private static final class Numbers implements EcdsaP256Engine {
        private static final int WIDTH = 32;

        private record Prepared(DevicePublicKey publicKey) implements PreparedKey {}

        static String signature(long key, int request) {
            byte[] r = BigInteger.valueOf(key << Integer.SIZE | request).toByteArray();
            byte[] s = BigInteger.ONE.toByteArray();
            ByteBuffer der = ByteBuffer.allocate(6 + r.length + s.length);
            der.put((byte) 0x30).put((byte) (4 + r.length + s.length));
            der.put((byte) 2).put((byte) r.length).put(r);
            der.put((byte) 2).put((byte) s.length).put(s);
            return Base64.getEncoder().encodeToString(der.array());
        }

        @Override
        public PreparedKey prepare(DevicePublicKey key) {
            return new Prepared(key);
        }

        @Override
        public boolean verify(PreparedKey key, byte[] digest, byte[] signature) {
            long number =
                    ByteBuffer.wrap(signature, WIDTH - Long.BYTES, Long.BYTES).getLong();
            DevicePublicKey signer = KEYS.get(number >>> Integer.SIZE);
            return signer != null && key.publicKey().equals(signer);
        }

        @Override
        public String name() {
            return "numbers";
        }
    }

    /** Where the attacked identity's readings are never held, if so wanted. */
    private static final class Store extends HeldKeyStore {
        private final boolean holdsAll;
        private final IdentityHashMap<Held<?>, DeviceIdentity> whose = new IdentityHashMap<>();

        Store(InMemoryDeviceRegistry registry, boolean holdsAll) {
            super(registry);
            this.holdsAll = holdsAll;
        }

        @Override
        public CompletionStage<Optional<DeviceRecord>> find(DeviceIdentity claimed) {
            if (!holdsAll && claimed.equals(ATTACKED)) {
                return registry.find(claimed);
            }
            int before = held.size();
            CompletionStage<Optional<DeviceRecord>> stage = super.find(claimed);
            if (held.size() > before) {
                whose.put(held.get(before), claimed);
            }
            return stage;
        }

        /** What is held of the attacked identity, or one reading of a stranger. */
        List<Held<?>> takeHeld(int number) {
            List<Held<?>> taken = new ArrayList<>();
            List<Held<?>> strangers = new ArrayList<>();
            for (Held<?> one : held) {
                DeviceIdentity device = whose.get(one);
                if (device != null && device.equals(ATTACKED) && number % 2 == 0) {
                    taken.add(one);
                } else if (device != null && device.appId().equals(STRANGER) && number % 2 == 1) {
                    strangers.add(one);
                }
            }
            if (!strangers.isEmpty()) {
                taken.add(strangers.get(number % strangers.size()));
            }
            held.removeAll(taken);
            return taken;
        }
    }

    private static final class Node {
        private static final int LONGEST_HELD_MILLIS = 800;

        private final MutableClock clock = MutableClock.atSecond(NOW);
        private final InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(clock);
        private final ManualTime time = new ManualTime();
        private final Store store;
        private final KeyCache cache;
        private final CountersignVerifier verifier;
        private final List<CompletableFuture<Verdict>> answers = new ArrayList<>();
        private final List<Verification> open = new ArrayList<>();
        private final List<byte[]> bodies = new ArrayList<>();
        private final long[] keys = new long[OTHERS];
        private final List<String> wronged = new ArrayList<>();
        private int heldMillis;
        private int requests;
        private int strangers;

        Node(Target target, History history) {
            store = new Store(registry, history.sort != Sort.BODIES_COME_LATER);
            cache = KeyCache.builder(store)
                    .timer(time)
                    .nanoTime(time::nanos)
                    .engine(new Numbers())
                    .maximumUnknown(history.unknowns)
                    .maxConcurrentLoads(history.loads)
                    .rechecksPerSecond(history.rechecks)
                    .build();
            verifier = CountersignVerifier.builder(cache, new ObviousNonceStore())
                    .clock(clock)
                    .timer(time)
                    .build();
            for (int i = 0; i < OTHERS; i++) {
                keys[i] = 100L * (1 + i);
                register(other(i), keys[i]);
                assertTrue(send(keys[i], other(i)).join().isAccepted());
            }
            if (target != Target.MADE_UP) {
                register(ATTACKED, KEY);
            }
            if (target == Target.AT_HAND) {
                assertTrue(send(KEY, ATTACKED).join().isAccepted());
            }
            time.pass(Duration.ofSeconds(5));
        }

        private static DeviceIdentity other(int number) {
            return new DeviceIdentity("other" + number, SignedRequests.DEVICE);
        }

        private void register(DeviceIdentity device, long key) {
            registry.put(DeviceRecord.active(device, KEYS.computeIfAbsent(key, TestKeys::publicKey), 0));
        }

        void take(Step step) {
            int other = step.number % OTHERS;
            switch (step.kind) {
                case ATTACK -> answers.add(send(WRONG, ATTACKED));
                case BEGIN -> {
                    Draft draft = draft(WRONG, ATTACKED);
                    bodies.add(draft.body());
                    open.add(verifier.begin(draft.head(), Caller.inline()));
                }
                case FINISH -> {
                    if (!open.isEmpty()) {
                        finish(step.number % open.size());
                    }
                }
                case FLOOD -> strangers(ENOUGH_TO_FILL_A_SHARE);
                case SOME_STRANGERS -> strangers(step.number % 10);
                case STRANGER -> answers.add(send(WRONG, new DeviceIdentity("none" + other, SignedRequests.DEVICE)));
                case HOLD -> store.holdFinds = step.number % 2 == 0;
                case LET_GO -> letGo();
                case ANSWER_ONE -> store.takeHeld(step.number).forEach(HeldKeyStore.Held::answer);
                case FAIL_ONE -> store.takeHeld(step.number).forEach(HeldKeyStore.Held::fail);
                case READS_FAIL -> store.findsFail = step.number % 4 == 0;
                case FEED -> store.feedFails = step.number % 3 == 0;
                case PASS -> pass(step.number % 5 == 0 ? 1000 : step.number % (step.number % 3 == 0 ? 790 : 200));
                case STUCK -> {
                    clock.advance(Duration.ofMillis(1100));
                    time.pass(Duration.ofMillis(1100));
                }
                case OTHER_ROTATES_ELSEWHERE -> {
                    keys[other]++;
                    register(other(other), keys[other]);
                }
                case OTHER_COMES_WITH_ITS_KEY -> genuine(other);
                case OTHER_IS_ATTACKED -> answers.add(send(WRONG, other(other)));
            }
        }

        private void genuine(int other) {
            long key = keys[other]; // it may be another one before the answer is there
            CompletableFuture<?> told = send(key, other(other)).thenAccept(verdict -> {
                if (keys[other] == key
                        && !verdict.isAccepted()
                        && !told(verdict).startsWith("503")) {
                    wronged.add(told(verdict));
                }
            });
            assertTrue(told.isDone() || store.holdFinds || !store.held.isEmpty());
        }

        private void strangers(int heads) {
            for (int i = 0; i < heads; i++) {
                DeviceIdentity stranger = new DeviceIdentity(STRANGER, "device-" + strangers++);
                assertTrue(cache.keys().find(stranger) != null);
            }
        }

        private Draft draft(long key, DeviceIdentity device) {
            time.skip(Duration.ofNanos(1));
            long now = clock.instant().getEpochSecond();
            String nonce = SignedRequests.nonce(requests++);
            return new Draft("POST", "/v1/events", List.of(), new byte[] {'{', '}'})
                    .adding("X-App-ID", device.appId())
                    .adding("X-Device-ID", device.deviceId())
                    .adding("X-Synheart-Signature", Numbers.signature(key, requests))
                    .adding("X-Synheart-Timestamp", Long.toString(now))
                    .adding("X-Synheart-Nonce", nonce)
                    .adding("X-Synheart-Sig-Version", "1");
        }

        private CompletableFuture<Verdict> send(long key, DeviceIdentity device) {
            Draft draft = draft(key, device);
            return verifier.verifyAsync(draft.head(), ByteBuffer.wrap(draft.body()), Caller.inline())
                    .toCompletableFuture();
        }

        private void finish(int which) {
            Verification verification = open.remove(which);
            verification.update(ByteBuffer.wrap(bodies.remove(which)));
            answers.add(verification.finish().toCompletableFuture());
        }

        private void letGo() {
            heldMillis = 0;
            while (!store.held.isEmpty()) {
                store.first().answer();
            }
        }

        /** The store answers within its time limit. */
        private void pass(int millis) {
            if (heldMillis + millis > LONGEST_HELD_MILLIS) {
                letGo();
            }
            heldMillis = store.held.isEmpty() ? 0 : heldMillis + millis;
            clock.advance(Duration.ofMillis(millis));
            time.pass(Duration.ofMillis(millis));
        }

        /** The answers in the order of the requests. */
        List<String> end() {
            while (!open.isEmpty()) {
                finish(0);
            }
            store.holdFinds = false;
            letGo();
            time.pass(Duration.ofSeconds(2));
            List<String> told = new ArrayList<>();
            for (CompletableFuture<Verdict> answer : answers) {
                assertTrue(answer.isDone());
                told.add(told(answer.join()));
            }
            assertEquals(List.of(), wronged, "what genuine requests were told");
            assertEquals(0, verifier.internalFaults());
            verifier.close();
            cache.close();
            time.shutdownNow();
            return told;
        }

        private static String told(Verdict verdict) {
            if (!(verdict instanceof Rejected rejected)) {
                return "accepted";
            }
            RejectionReason reason = rejected.reason();
            return reason.status() + " " + reason.publicCode() + " "
                    + rejected.retryAfter().map(Duration::toSeconds).orElse(0L);
        }
    }

    private static void check(Sort sort) {
        Map<String, Integer> seen = new TreeMap<>();
        for (long seed = FIRST; seed < FIRST + HISTORIES; seed++) {
            History history = History.of(seed, sort);
            String difference = history.difference();
            if (difference != null) {
                History least = history.shrunk();
                throw new AssertionError(
                        "seed " + seed + ": " + difference + "\nfor short: " + least + "\n" + least.difference());
            }
            for (String told : history.happensTo(Target.MADE_UP)) {
                seen.merge(told.substring(0, 3), 1, Integer::sum);
            }
        }
        assertTrue(seen.getOrDefault("401", 0) > HISTORIES, seen.toString());
        assertTrue(seen.getOrDefault("503", 0) > HISTORIES, seen.toString());
    }

    @Test
    void whileReadsFailAllAreToldTheSameWhateverTheirIdentityIs() {
        check(Sort.READS_FAIL);
    }

    @Test
    void whilePollsFailAllAreToldTheSameWhateverTheirIdentityIs() {
        check(Sort.POLLS_FAIL);
    }

    @Test
    void requestsWhoseBodiesComeLaterAreToldTheSameWhateverTheirIdentityIs() {
        check(Sort.BODIES_COME_LATER);
    }
}
