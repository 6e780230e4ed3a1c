package dev.countersign.faults;

import dev.countersign.api.RequestVerifier;
import dev.countersign.api.store.NonceStore;
import dev.countersign.api.store.PublicKeyStore;
import dev.countersign.core.CountersignVerifier;
import dev.countersign.core.KeyCache;
import dev.countersign.faults.Event.Closed;
import dev.countersign.tck.OpenedKeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * A fleet under load and faults, from its opening to the verdict of the checker. The seed decides what is done; it is
 * printed with the report, and {@code -Dfaults.seed=…} sets it.
 */
final class Scenario {
    static final Duration CLAIM_LIMIT = Duration.ofSeconds(1);

    /** For how long a node goes on without its key database. */
    static final Duration KEY_OUTAGE = Duration.ofSeconds(3);

    /** A lookup, a claim, the confirmation of a key, and a machine with other things to do. */
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(8);

    /** Connections that end are what this is about: each one need not be told of. */
    private static final Logger LETTUCE = Logger.getLogger("io.lettuce");

    static {
        LETTUCE.setLevel(Level.OFF);
    }

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration RECOVERY = Duration.ofSeconds(20);
    private static final Duration REVOCATION = Duration.ofSeconds(2);
    private static final int NODES = 3;
    private static final int FIRST_SEED = 20_261;

    private final String title;
    private final long seed;
    private final Supplier<NonceSite> nonces;
    private final Supplier<KeySite> keys;
    private UnaryOperator<NonceStore> nonceMutation = UnaryOperator.identity();
    private UnaryOperator<PublicKeyStore> keyMutation = UnaryOperator.identity();
    private Verifiers verifiers = Scenario::verifier;
    private Predicate<Harm> harms = harm -> false;
    private int rounds = 1;
    private Duration calm = Duration.ofMillis(500);
    private Set<Count> expected = Set.of(Count.ACCEPTED, Count.REPLAYS_REFUSED);

    /** Makes a node's verifier of its stores. */
    interface Verifiers {
        Fleet.Node open(PublicKeyStore keys, NonceStore nonces);
    }

    /**
     * Begins a scenario.
     *
     * @param nonces opened in the scenario and closed by it, as are the keys
     */
    Scenario(String title, long seed, Supplier<NonceSite> nonces, Supplier<KeySite> keys) {
        this.title = title;
        this.seed = seed;
        this.nonces = nonces;
        this.keys = keys;
    }

    /** The seed that was asked for on the command line, or the given one. */
    static long seed(int number) {
        return Long.getLong("faults.seed", FIRST_SEED + number);
    }

    Scenario mutateNonces(UnaryOperator<NonceStore> mutation) {
        this.nonceMutation = mutation;
        return this;
    }

    Scenario mutateKeys(UnaryOperator<PublicKeyStore> mutation) {
        this.keyMutation = mutation;
        return this;
    }

    Scenario verifiers(Verifiers others) {
        this.verifiers = others;
        return this;
    }

    /** Which harm is done; none unless said. */
    Scenario harms(Predicate<Harm> which) {
        this.harms = which;
        return this;
    }

    /** How often the deck is dealt; once unless said. */
    Scenario rounds(int times) {
        this.rounds = times;
        return this;
    }

    /** How long the load runs without harm, before and after it. */
    Scenario calm(Duration time) {
        this.calm = time;
        return this;
    }

    Scenario expect(Count... counts) {
        this.expected = Set.of(counts);
        return this;
    }

    /** Everything must happen, but for these and for what depends on who is faster. */
    Scenario expectAllBut(Count... counts) {
        Set<Count> all = EnumSet.allOf(Count.class);
        all.removeAll(Set.of(counts));
        all.removeAll(
                Set.of(Count.EXCUSED, Count.NEW_KEY_REFUSED, Count.UNKNOWN_REMEMBERED, Count.UNKNOWN_NOT_REMEMBERED));
        this.expected = all;
        return this;
    }

    /** Runs it, prints what it was like, and tells what the checker found. */
    Findings run() {
        ThreadCensus census = new ThreadCensus();
        History history = new History(NODES);
        try (NonceSite nonceSite = nonces.get();
                KeySite keySite = keys.get();
                Fleet fleet = new Fleet(NODES, history, PATIENCE, node -> open(node, nonceSite, keySite, history));
                Load load = new Load(fleet, new Enrolment(keySite.registry(), history, seed), seed)) {
            load.start();
            rest();
            Random random = new Random(seed);
            for (int round = 0; round < rounds; round++) {
                List<Harm> deck = new ArrayList<>(nonceSite.harms(random));
                deck.addAll(keySite.harms(random));
                deck.removeIf(harms.negate());
                new Nemesis(history, random, RECOVERY, load::replayAfter).deal(deck);
            }
            rest();
            load.stop();
        }
        history.note(new Closed(census.awaitGone(PATIENCE), Moment.now()));
        Terms terms = new Terms(NODES, REVOCATION, KEY_OUTAGE, RECOVERY, ANSWER_LIMIT, expected);
        Findings findings = HistoryChecker.check(history.events(), terms);
        System.out.println(findings.report(title + ", -Dfaults.seed=" + seed));
        return findings;
    }

    private void rest() {
        Nemesis.rest(Math.toIntExact(calm.toMillis()));
    }

    private Fleet.Node open(int number, NonceSite nonceSite, KeySite keySite, History history) {
        OpenedKeyStore keyStore = keySite.open(number);
        NonceStore nonceStore = nonceSite.open(number, history);
        Fleet.Node node = verifiers.open(keyMutation.apply(keyStore.keys()), nonceMutation.apply(nonceStore));
        List<AutoCloseable> parts = new ArrayList<>(node.parts());
        parts.add(nonceStore);
        parts.add(keyStore.owner());
        return new Fleet.Node(node.verifier(), node.feedLag(), parts);
    }

    /** As a deployment has it. */
    static Fleet.Node verifier(PublicKeyStore keys, NonceStore nonces) {
        KeyCache cache = KeyCache.builder(keys).outageTolerance(KEY_OUTAGE).build();
        RequestVerifier verifier = CountersignVerifier.builder(cache, nonces)
                .claimTimeLimit(CLAIM_LIMIT)
                .addListener(Fleet::listen)
                .build();
        return new Fleet.Node(verifier, () -> cache.stats().feedLag().orElse(null), List.of(cache));
    }
}
