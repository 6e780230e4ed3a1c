package dev.countersign.conformance.runner;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.conformance.protocol.HarnessLoop;
import dev.countersign.conformance.suite.Json;
import java.io.IOException;
import java.util.List;
import java.util.function.LongSupplier;

/** Starts a harness and hears its {@code hello}. */
final class HarnessStart {
    private static final int ATTEMPTS = 3;

    private final List<String> command;
    private final HarnessLimits limits;

    HarnessStart(List<String> command, HarnessLimits limits) {
        this.command = List.copyOf(command);
        this.limits = limits;
    }

    /** A harness that said who it is. */
    record Started(HarnessProcess process, HarnessHello hello) {}

    /** Why a start failed. */
    static final class StartException extends Exception {
        private static final long serialVersionUID = 1L;

        /** Whether another attempt could end otherwise. */
        private final boolean again;

        StartException(String message, boolean again) {
            super(message);
            this.again = again;
        }
    }

    /**
     * Starts it, a few times if it dies at once.
     *
     * @param ids gives an id that was not used yet
     * @throws StartException if it does not start or does not answer as it should; no process is left
     * @throws InterruptedException if this thread is interrupted; no process is left
     */
    Started start(LongSupplier ids) throws StartException, InterruptedException {
        for (int attempt = 1; ; attempt++) {
            try {
                return attempt(ids.getAsLong());
            } catch (StartException e) {
                if (!e.again || attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private Started attempt(long id) throws StartException, InterruptedException {
        HarnessProcess process;
        try {
            process = HarnessProcess.start(command, limits.lineBytes());
        } catch (IOException e) {
            throw new StartException("the harness could not be started: " + e.getMessage(), false);
        }
        boolean isGreeted = false;
        try {
            HarnessHello hello = greeted(process, id);
            isGreeted = true;
            return new Started(process, hello);
        } finally {
            if (!isGreeted) {
                process.close();
            }
        }
    }

    private HarnessHello greeted(HarnessProcess process, long id) throws StartException, InterruptedException {
        process.send(Json.line(Json.object().put("id", id).put("op", "hello").put("protocol", HarnessLoop.PROTOCOL)));
        HarnessProcess.Event event =
                process.next(System.nanoTime() + limits.start().toNanos());
        if (event == null) {
            throw new StartException(
                    "the harness did not answer hello within " + HarnessLimits.text(limits.start())
                            + process.lastWords()
                            + "\nIs each answer one line, and flushed?",
                    false);
        } else if (event instanceof HarnessProcess.Violation violation) {
            throw new StartException("asked hello, the harness " + violation.what(), false);
        } else if (event instanceof HarnessProcess.Line line) {
            HarnessHello hello = greeting(id, line.text());
            process.rememberFamily();
            return hello;
        } else {
            throw new StartException("asked hello, the harness " + process.ending(), true);
        }
    }

    private static HarnessHello greeting(long id, String line) throws StartException {
        JsonNode answer;
        try {
            answer = Json.parse(line);
        } catch (IllegalArgumentException notJson) {
            throw new StartException(
                    "asked hello, the harness wrote what is not JSON: " + Shown.excerpt(line)
                            + "\nStandard output is for answers alone; everything else goes to standard error.",
                    false);
        }
        JsonNode echo = answer.path("id");
        if (!echo.isIntegralNumber() || !echo.canConvertToLong() || echo.longValue() != id) {
            throw new StartException(
                    "the harness's first line is not the answer to hello, which has \"id\": " + id + ": "
                            + Shown.excerpt(line),
                    false);
        }
        try {
            return HarnessHello.of(answer);
        } catch (IllegalArgumentException e) {
            throw new StartException("the harness " + e.getMessage(), false);
        }
    }
}
