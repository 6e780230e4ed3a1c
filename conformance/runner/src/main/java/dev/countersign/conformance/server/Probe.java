package dev.countersign.conformance.server;

import dev.countersign.conformance.runner.Shown;
import dev.countersign.conformance.signing.Body;
import dev.countersign.conformance.signing.DeviceTemplate;
import dev.countersign.conformance.signing.Recipe;
import dev.countersign.conformance.signing.RequestTemplate;
import dev.countersign.conformance.signing.RequestTemplate.Header;
import java.io.IOException;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * Gets to know a server before it is asked: whether it registers devices, what time it has, and since when it is
 * watching.
 */
final class Probe {
    private static final Pattern SECONDS = Pattern.compile("[1-9][0-9]{0,10}");

    /** In 2001: stale by any clock. */
    private static final String LONG_AGO = "1000000000";

    private static final int UNAVAILABLE = 503;
    private static final int ATTEMPTS = 4;
    private static final int DISAGREEMENT_SECONDS = 2;
    private static final int INSIDE_WINDOW = 5;

    private final RawHttpClient http;
    private final String seed;
    private final long window;
    private final Clock ours;
    private final Consumer<String> notes;
    private final Supplier<TimeLimit> limits;
    private int attempt;

    /**
     * Nothing is sent yet.
     *
     * @param limits gives the time limit of one exchange
     */
    Probe(
            RawHttpClient http,
            String seed,
            long window,
            Clock ours,
            Consumer<String> notes,
            Supplier<TimeLimit> limits) {
        this.http = http;
        this.limits = limits;
        this.seed = seed;
        this.window = window;
        this.ours = ours;
        this.notes = notes;
    }

    /**
     * What was learnt.
     *
     * @param clock the server's
     * @param wasWatching whether it takes requests that were signed nearly a window ago
     * @param software what it calls itself
     */
    record Result(ServerClock clock, boolean wasWatching, String software) {}

    /**
     * Asks.
     *
     * @throws UnreachableServerException if it does not let us register a device: nothing can be asked then
     */
    Result run() throws IOException, InterruptedException {
        LiveNames names = names(new ServerClock(ours, 0));
        CaseDevices devices = new CaseDevices(new DeviceAdministration(http), names);
        try (TimeLimit limit = limits.get()) {
            devices.put(DeviceTemplate.active("a"), limit);
        } catch (RegistrationException | UnreachableStateException refused) {
            throw new UnreachableServerException(
                    "the server does not let the suite register devices: " + refused.getMessage() + " (PUT "
                            + DeviceAdministration.path(names.app("a"), names.device("a"))
                            + "; does it run the quickstart's administration, and was this seed never used there?)",
                    refused);
        }
        long asked = ours.millis();
        HttpAnswer stale = exchange(request(names, LONG_AGO));
        ServerClock clock = clock(stale, asked, ours.millis());
        boolean watching = wasWatching(clock);
        try (TimeLimit limit = limits.get()) {
            devices.revokeAll(limit);
        }
        return new Result(
                clock, watching, stale.header("server").map(Shown::excerpt).orElse("unnamed server"));
    }

    private ServerClock clock(HttpAnswer stale, long asked, long answered) {
        OptionalLong date = date(stale);
        Optional<String> given = stale.header("x-server-timestamp")
                .filter(text -> SECONDS.matcher(text).matches());
        if (given.isPresent()) {
            long second = Long.parseLong(given.get());
            ServerClock clock = ServerClock.of(ours, second, asked, answered);
            boolean disagree = date.isPresent() && Math.abs(date.getAsLong() - second) > DISAGREEMENT_SECONDS;
            notes.accept("the server's clock is " + offset(clock) + " ours, by x-server-timestamp"
                    + (disagree ? "; its Date differs from that by " + (date.getAsLong() - second) + " s" : ""));
            return clock;
        }
        String without =
                "the server answered a request of 2001 with " + stale.status() + " and without x-server-timestamp; ";
        if (date.isPresent()) {
            ServerClock clock = ServerClock.of(ours, date.getAsLong(), asked, answered);
            notes.accept(without + "its clock is " + offset(clock) + " ours, by Date alone");
            return clock;
        }
        notes.accept(without + "it tells no Date either: its clock is taken to be ours");
        return new ServerClock(ours, 0);
    }

    private static String offset(ServerClock clock) {
        long tenths = Math.round(Math.abs(clock.aheadMillis()) / 100.0);
        return tenths / 10 + "." + tenths % 10 + " s " + (clock.aheadMillis() < 0 ? "behind" : "ahead of");
    }

    private static OptionalLong date(HttpAnswer answer) {
        try {
            return answer.header("date")
                    .map(text -> OptionalLong.of(ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME)
                            .toEpochSecond()))
                    .orElse(OptionalLong.empty());
        } catch (DateTimeException malformed) {
            return OptionalLong.empty();
        }
    }

    /** A server that has just started answers 503 to what was signed before, or, in its first second, to everything. */
    private boolean wasWatching(ServerClock clock) throws IOException, InterruptedException {
        for (int i = 1; exchange(request(names(clock), "{t}")).status() == UNAVAILABLE && i < ATTEMPTS; i++) {
            TimeUnit.SECONDS.sleep(1);
        }
        long inside = Math.max(0, window - INSIDE_WINDOW);
        boolean watching = exchange(request(names(clock), "{t-" + inside + "}")).status() != UNAVAILABLE;
        if (!watching) {
            notes.accept("the server answers 503 to a request that was signed " + inside
                    + " s ago, as one does that was started since: cases with such requests are skipped");
        }
        return watching;
    }

    private HttpAnswer exchange(LiveRequest request) throws IOException {
        try (TimeLimit limit = limits.get()) {
            return http.exchange(request, limit);
        }
    }

    /** The same devices and keys each time, and a new time. */
    private LiveNames names(ServerClock clock) {
        return new LiveNames(seed, "probe", window, 0, clock::second);
    }

    private LiveRequest request(LiveNames names, String timestamp) {
        attempt++;
        String path = "/v1/conformance-probe";
        RequestTemplate template = new RequestTemplate(
                0,
                null,
                "POST",
                path,
                List.of(
                        new Header("X-App-ID", "{app:a}"),
                        new Header("X-Device-ID", "{device:a}"),
                        new Header("X-Synheart-Signature", "{signature}"),
                        new Header("X-Synheart-Timestamp", timestamp),
                        new Header("X-Synheart-Nonce", "{nonce:" + attempt + "}"),
                        new Header("X-Synheart-Sig-Version", "1")),
                Body.text("{}"),
                Recipe.of("a", "POST\n" + path + "\n" + timestamp + "\n{body}"));
        return LiveRequest.of(template.make(names).request());
    }
}
