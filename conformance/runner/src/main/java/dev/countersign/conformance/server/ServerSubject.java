package dev.countersign.conformance.server;

import dev.countersign.conformance.runner.CaseResult;
import dev.countersign.conformance.runner.Subject;
import dev.countersign.conformance.suite.Case;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * A live server that lets the suite register its devices, as the quickstart does. Every case gets an app, devices,
 * nonces and keys of its own, and is made for the server's clock; it is skipped, with a reason, if the server cannot be
 * put into the state that it needs. The devices are revoked after each case.
 *
 * <p>Nothing waits for ever: a case has a time limit, and a server that cannot be reached, or does not answer several
 * cases in a row, is not asked any more.
 */
public final class ServerSubject implements Subject {
    private static final int LATE_IN_A_ROW = 3;
    private static final Duration REVOKE_LIMIT = Duration.ofSeconds(5);

    private final Endpoint endpoint;
    private final RawHttpClient http;
    private final ServerOptions options;
    private final ServerState state;
    private final Clock clock;
    private final ScheduledExecutorService alarms;
    private Probe.@Nullable Result probed;

    /** Why nothing more is asked. */
    private @Nullable String givenUp;

    private int lateInARow;
    private int refusals;

    private ServerSubject(Endpoint endpoint, ServerOptions options, Clock clock) {
        this.endpoint = endpoint;
        this.http = new RawHttpClient(endpoint);
        this.options = options;
        this.state = new ServerState(options.settings());
        this.clock = clock;
        this.alarms = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "conformance-time-limit");
            thread.setDaemon(true);
            return thread;
        });
    }

    /**
     * The server at a URL; nothing is sent yet.
     *
     * @param url scheme http or https, host and port
     * @throws IllegalArgumentException if it is another kind of URL, or has a path
     */
    public static ServerSubject at(String url, ServerOptions options) {
        return at(url, options, Clock.systemUTC(), (SSLSocketFactory) SSLSocketFactory.getDefault());
    }

    static ServerSubject at(String url, ServerOptions options, Clock clock, SSLSocketFactory trust) {
        return new ServerSubject(Endpoint.of(url, trust), options, clock);
    }

    /** What the server's answers name it. */
    @Override
    public String implementation() {
        return probed == null ? "unnamed server" : probed.software();
    }

    @Override
    public String language() {
        return "HTTP";
    }

    @Override
    public String target() {
        return endpoint.url();
    }

    @Override
    public void run(List<Case> cases, Consumer<CaseResult> done) {
        options.notes().accept("seed " + options.seed() + ": all names and keys of this run are made from it");
        options.notes().accept("the server is taken to run with " + state);
        if (cases.stream().anyMatch(aCase -> state.cannotBeAsked(aCase, true).isEmpty())) {
            meet();
        }
        for (Case aCase : cases) {
            done.accept(ask(aCase));
        }
        if (refusals > 0) {
            options.notes()
                    .accept("the server refused " + refusals
                            + " malformed requests with a 400 of its own, without a code; any server may");
        }
    }

    private CaseResult ask(Case aCase) {
        ServerClock ourClock = new ServerClock(clock, 0);
        Optional<String> never = state.cannotBeAsked(aCase, true);
        if (never.isPresent()) {
            return live(aCase, ourClock).skipped(never.get());
        }
        Probe.Result server = probed;
        if (givenUp != null || server == null) {
            return live(aCase, ourClock).failed(String.valueOf(givenUp));
        }
        Optional<String> today = state.cannotBeAsked(aCase, server.wasWatching());
        return today.isPresent() ? live(aCase, server.clock()).skipped(today.get()) : ask(aCase, server.clock());
    }

    /** Gets to know the server, once. */
    private void meet() {
        if (probed != null || givenUp != null) {
            return;
        }
        try {
            probed = new Probe(
                            http,
                            options.seed(),
                            state.window(),
                            clock,
                            options.notes(),
                            () -> new TimeLimit(alarms, options.caseLimit()))
                    .run();
        } catch (IOException e) {
            givenUp = String.valueOf(e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            givenUp = "interrupted";
        }
    }

    private LiveCase live(Case aCase, ServerClock serverClock) {
        LiveNames names = names(aCase, serverClock);
        return new LiveCase(aCase, names, http, devices(names), serverClock::second);
    }

    private LiveNames names(Case aCase, ServerClock serverClock) {
        return new LiveNames(
                options.seed(), aCase.id(), state.window(), ServerState.arrival(aCase), serverClock::second);
    }

    private CaseDevices devices(LiveNames names) {
        return new CaseDevices(new DeviceAdministration(http), names);
    }

    private CaseResult ask(Case aCase, ServerClock serverClock) {
        LiveNames names = names(aCase, serverClock);
        CaseDevices devices = devices(names);
        LiveCase live = new LiveCase(aCase, names, http, devices, serverClock::second);
        int lateBefore = lateInARow;
        lateInARow = 0;
        try (TimeLimit limit = new TimeLimit(alarms, options.caseLimit())) {
            return live.run(limit);
        } catch (UnreachableStateException cannot) {
            return live.skipped(String.valueOf(cannot.getMessage()));
        } catch (UnreachableServerException gone) {
            givenUp = String.valueOf(gone.getMessage());
            return live.failed(String.valueOf(gone.getMessage()));
        } catch (LateAnswerException late) {
            lateInARow = lateBefore + 1;
            if (lateInARow == LATE_IN_A_ROW) {
                givenUp = "not asked any more after " + LATE_IN_A_ROW + " cases in a row with " + late.getMessage();
            }
            return live.failed(String.valueOf(late.getMessage()));
        } catch (IOException | RegistrationException wrong) {
            return live.failed(String.valueOf(wrong.getMessage()));
        } finally {
            refusals += live.refusals();
            if (givenUp == null && lateInARow == 0) {
                revoke(devices);
            }
        }
    }

    /** As far as it goes: the devices are this run's own, and nobody has their keys. */
    private void revoke(CaseDevices devices) {
        try (TimeLimit limit = new TimeLimit(alarms, REVOKE_LIMIT)) {
            devices.revokeAll(limit);
        } catch (IOException ignored) {
            // The next case sees whether the server is still there.
        }
    }

    @Override
    public void close() {
        alarms.shutdownNow();
    }
}
