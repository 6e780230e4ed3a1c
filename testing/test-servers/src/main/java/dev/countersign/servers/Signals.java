package dev.countersign.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** Signals to a process and to those that it started, and waiting for things outside the JVM. */
final class Signals {
    private static final long KILL_SECONDS = 20;

    private Signals() {}

    /** SIGKILL for the process and its children; waits until they are gone. */
    static void kill(long pid) {
        List<ProcessHandle> all = family(pid);
        send("-KILL", all);
        for (ProcessHandle process : all) {
            try {
                process.onExit().get(KILL_SECONDS, TimeUnit.SECONDS);
            } catch (Exception notMineOrSlow) {
                if (process.isAlive()) {
                    throw new IllegalStateException("process " + process.pid() + " survives SIGKILL", notMineOrSlow);
                }
            }
        }
    }

    /** SIGSTOP for the process and its children: they keep their connections and answer nothing. */
    static void pause(long pid) {
        send("-STOP", family(pid));
    }

    /** SIGCONT for the process and its children. */
    static void resume(long pid) {
        send("-CONT", family(pid));
    }

    private static List<ProcessHandle> family(long pid) {
        List<ProcessHandle> family = new ArrayList<>();
        ProcessHandle.of(pid).ifPresent(process -> {
            family.add(process);
            process.descendants().forEach(family::add);
        });
        return family;
    }

    private static void send(String signal, List<ProcessHandle> processes) {
        if (processes.isEmpty()) {
            return;
        }
        List<String> command = new ArrayList<>(List.of("kill", signal));
        processes.forEach(process -> command.add(Long.toString(process.pid())));
        try {
            Process kill = new ProcessBuilder(command).redirectErrorStream(true).start();
            kill.getInputStream().readAllBytes();
            if (!kill.waitFor(KILL_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException(command + " does not end");
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        }
    }

    /** Asks again and again until the answer is yes. */
    static void await(String what, long seconds, Question question) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        Exception last = null;
        while (System.nanoTime() < end) {
            try {
                if (question.ask()) {
                    return;
                }
            } catch (ServerEndedException ended) {
                throw ended;
            } catch (Exception notYet) {
                last = notYet;
            }
            try {
                Thread.sleep(10);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        throw new IllegalStateException(what + " within " + seconds + " s", last);
    }

    /**
     * As the other one, but ends as soon as the server is known to have ended, though a question may be on its way to somebody
     * who does not answer.
     *
     * @param alive throws {@link ServerEndedException} when the server has ended
     */
    static void await(String what, long seconds, Runnable alive, Question question) {
        CompletableFuture<Void> answer = new CompletableFuture<>();
        Thread asking = new Thread(
                () -> {
                    try {
                        await(what, seconds, question);
                        answer.complete(null);
                    } catch (RuntimeException | Error failure) {
                        answer.completeExceptionally(failure);
                    }
                },
                "test-server-asks");
        asking.setDaemon(true);
        asking.start();
        try {
            await(what, seconds + KILL_SECONDS, () -> {
                alive.run();
                return answer.isDone();
            });
        } finally {
            asking.interrupt();
        }
        try {
            answer.join();
        } catch (CompletionException failure) {
            throw new IllegalStateException(what, failure.getCause());
        }
    }

    interface Question {
        boolean ask() throws Exception;
    }
}
