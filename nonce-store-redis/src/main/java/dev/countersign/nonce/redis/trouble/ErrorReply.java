package dev.countersign.nonce.redis.trouble;

import io.lettuce.core.RedisCommandExecutionException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What Redis answers instead of a result. Redis sends errors as text whose first word says what kind it is; inside of
 * scripts, and of the ACL, the kind stands further on. That text is read here and nowhere else.
 *
 * @param word the first word, or {@code an error} if it is none that may be shown
 * @param command the command that the user may not run, if Redis says which
 * @param node the address that MOVED and ASK name, {@code host:port} or {@code :port}; empty otherwise
 */
public record ErrorReply(Code code, String word, @Nullable String command, String node) {
    /** What kind of error it is. */
    public enum Code {
        /** The script is not loaded: NOSCRIPT. */
        NO_SCRIPT,
        /** No room for a write: OOM. */
        OUT_OF_MEMORY,
        /** Another node serves the slot: MOVED. */
        MOVED,
        /** Another node has this key, or is to make it: ASK. */
        ASK,
        /** The keys of a script are on two nodes: TRYAGAIN. */
        TRY_AGAIN,
        /** Nobody serves the slot: CLUSTERDOWN. */
        CLUSTER_DOWN,
        /** A replica, asked to write: READONLY. */
        READ_ONLY,
        /** The server reads its data from disk: LOADING. */
        LOADING,
        /** A replica without its primary: MASTERDOWN. */
        PRIMARY_DOWN,
        /** Too few replicas follow: NOREPLICAS. */
        TOO_FEW_REPLICAS,
        /** The server cannot save, and takes no writes: MISCONF. */
        CANNOT_SAVE,
        /** Protected mode: DENIED. */
        PROTECTED_MODE,
        /** The wrong password, or none: WRONGPASS, NOAUTH. */
        NOT_AUTHENTICATED,
        /** The user may not run a command: NOPERM. */
        COMMAND_NOT_ALLOWED,
        /** The user may not run a command that a script calls. */
        SCRIPT_COMMAND_NOT_ALLOWED,
        /** The user may not touch a key. */
        KEY_NOT_ALLOWED,
        /** An error without a kind of its own: ERR. Also how a server outside a Cluster answers CLUSTER NODES. */
        UNSPECIFIC,
        /** Any other first word. */
        OTHER
    }

    private static final int MOST_CAUSES = 16;

    private static final Pattern NOT_ALLOWED =
            Pattern.compile("^(WRONGPASS|NOAUTH|NOPERM)|^ERR (invalid password|AUTH |Client sent AUTH)");

    /** As Redis up to 7.0 and later ones say it; only the later ones name the command. */
    private static final Pattern NOT_ALLOWED_IN_SCRIPT =
            Pattern.compile("The user executing the script can't (run|access)|ACL failure in script");

    private static final Pattern COMMAND = Pattern.compile("'([A-Za-z]{1,24}(?:[| ][A-Za-z-]{1,24})?)' command");
    private static final Pattern FIRST_WORD = Pattern.compile("^[A-Z]{1,24}");

    private static final String COMMANDS =
            "the commands are AUTH, INFO, TIME, SCRIPT LOAD, EVALSHA, EVAL, EXISTS, GET, SET,"
                    + " PERSIST, SELECT, WAIT, and in a Cluster CLUSTER NODES, ASKING, DEL";

    /** The error that a failure is, or is caused by; null if Redis answered nothing. */
    public static @Nullable ErrorReply in(Throwable failure) {
        Throwable cause = failure;
        for (int i = 0; cause != null && i < MOST_CAUSES; i++, cause = cause.getCause()) {
            ErrorReply reply = of(cause);
            if (reply != null) {
                return reply;
            }
        }
        return null;
    }

    /** The error that a failure is; null if it is something else. */
    static @Nullable ErrorReply of(Throwable failure) {
        return failure instanceof RedisCommandExecutionException ? parse(String.valueOf(failure.getMessage())) : null;
    }

    static ErrorReply parse(String text) {
        Matcher first = FIRST_WORD.matcher(text);
        String word = first.find() ? first.group() : "an error";
        Matcher named = COMMAND.matcher(text);
        Code code = codeOf(text, word);
        return new ErrorReply(
                code,
                word,
                code == Code.COMMAND_NOT_ALLOWED && named.find()
                        ? named.group(1).replace('|', ' ').toUpperCase(Locale.ROOT)
                        : null,
                code == Code.MOVED || code == Code.ASK ? text.substring(text.lastIndexOf(' ') + 1) : "");
    }

    private static Code codeOf(String text, String word) {
        boolean inScript = NOT_ALLOWED_IN_SCRIPT.matcher(text).find();
        if (inScript || NOT_ALLOWED.matcher(text).find()) {
            if (!inScript && !word.equals("NOPERM")) {
                return Code.NOT_AUTHENTICATED;
            }
            if (COMMAND.matcher(text).find()) {
                return Code.COMMAND_NOT_ALLOWED;
            }
            return text.contains("can't run this command") ? Code.SCRIPT_COMMAND_NOT_ALLOWED : Code.KEY_NOT_ALLOWED;
        }
        // Redis 6.2 wraps the error of a script's command: ERR Error running script …: -OOM command not allowed …
        if (text.contains("OOM command not allowed")) {
            return Code.OUT_OF_MEMORY;
        }
        if (text.contains("READONLY")) {
            return Code.READ_ONLY;
        }
        return switch (word) {
            case "NOSCRIPT" -> Code.NO_SCRIPT;
            case "MOVED" -> Code.MOVED;
            case "ASK" -> Code.ASK;
            case "TRYAGAIN" -> Code.TRY_AGAIN;
            case "CLUSTERDOWN" -> Code.CLUSTER_DOWN;
            case "LOADING" -> Code.LOADING;
            case "MASTERDOWN" -> Code.PRIMARY_DOWN;
            case "NOREPLICAS" -> Code.TOO_FEW_REPLICAS;
            case "MISCONF" -> Code.CANNOT_SAVE;
            case "DENIED" -> Code.PROTECTED_MODE;
            case "ERR" -> Code.UNSPECIFIC;
            default -> Code.OTHER;
        };
    }

    /** Whether another node is named, which can be asked instead: MOVED or ASK. */
    public boolean isRedirect() {
        return code == Code.MOVED || code == Code.ASK;
    }

    /** For operators: what it means and what to do. */
    public String words() {
        return switch (code) {
            case NOT_AUTHENTICATED -> "Redis does not let this user in (" + word + "): check user and password";
            case COMMAND_NOT_ALLOWED ->
                "Redis does not let this user run the command " + command + " (NOPERM): allow it; " + COMMANDS;
            case SCRIPT_COMMAND_NOT_ALLOWED ->
                "Redis does not let this user run a command in the store's scripts (NOPERM): allow EXISTS, GET, SET, and"
                        + " in a Cluster DEL; " + COMMANDS;
            case KEY_NOT_ALLOWED ->
                "Redis does not let this user touch the store's keys (NOPERM): allow the keys that begin with the store's"
                        + " prefix and 1, as ~c1* does";
            case PROTECTED_MODE ->
                "Redis is in protected mode and takes clients of its own machine only: set bind and a"
                        + " password, or protected-mode no";
            case LOADING -> "Redis is loading its data (LOADING)";
            case PRIMARY_DOWN, READ_ONLY -> "it is no primary";
            case TOO_FEW_REPLICAS -> "Redis answers NOREPLICAS: fewer replicas follow it than min-replicas-to-write";
            case CANNOT_SAVE -> "Redis answers MISCONF: it cannot save its data, and takes no writes";
            default -> "Redis answers " + word;
        };
    }
}
