package dev.countersign.quickstart;

import java.time.Clock;

/**
 * Starts the server that the environment describes and prints one line when it listens.
 *
 * <p>Ends with SIGINT (Ctrl-C) or SIGTERM, cleanly, with the exit code 130 or 143 that a shell expects then. Exit code 1
 * means that it did not start; standard error says why.
 */
public final class Quickstart {
    private Quickstart() {}

    /**
     * The program.
     *
     * @param arguments none
     */
    public static void main(String[] arguments) {
        if (arguments.length > 0) {
            fail("takes no arguments; settings come from the environment");
            return;
        }
        try {
            Settings settings = Settings.from(System.getenv());
            String notice = settings.signingPaths().notice();
            if (notice != null) {
                tell(notice);
            }
            QuickstartServer server = QuickstartServer.start(settings, Clock.systemUTC());
            Runtime.getRuntime().addShutdownHook(new Thread(server::close, "quickstart-stop"));
            System.out.println("Countersign quickstart listening on http://127.0.0.1:" + server.port());
            System.out.flush();
        } catch (StartupException failure) {
            fail(String.valueOf(failure.getMessage()));
        }
    }

    /** A line on standard error, or several in one piece. */
    static void tell(String message) {
        System.err.println("quickstart: " + message);
    }

    private static void fail(String message) {
        tell(message);
        System.exit(1);
    }
}
