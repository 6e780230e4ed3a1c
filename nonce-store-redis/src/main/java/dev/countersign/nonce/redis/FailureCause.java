package dev.countersign.nonce.redis;

import io.lettuce.core.RedisCommandExecutionException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Why a server cannot be used, in words that say what to change. They are ours: of what servers and libraries say no more is
 * repeated than an error's first word and the name of a command, so no password can be among it.
 */
final class FailureCause {
    private static final int MOST_CAUSES = 16;

    private static final Pattern NOT_ALLOWED =
            Pattern.compile("^(WRONGPASS|NOAUTH|NOPERM)|^ERR (invalid password|AUTH |Client sent AUTH)");

    /** As Redis up to 7.0 and later ones say it; only the later ones name the command. */
    private static final Pattern NOT_ALLOWED_IN_SCRIPT =
            Pattern.compile("The user executing the script can't (run|access)|ACL failure in script");

    private static final Pattern COMMAND = Pattern.compile("'([A-Za-z]{1,24}(?:[| ][A-Za-z-]{1,24})?)' command");
    private static final Pattern FIRST_WORD = Pattern.compile("^[A-Z]{1,24}");
    private static final Pattern FIRST_BYTE = Pattern.compile("[Ff]irst byte:? *'?(\\d{1,3}|.)");

    private static final String COMMANDS =
            "the commands are AUTH, INFO, TIME, SCRIPT LOAD, EVALSHA, EVAL, EXISTS, GET, SET,"
                    + " PERSIST, SELECT, WAIT, and in a Cluster CLUSTER NODES, ASKING, DEL";

    private static final String NO_TLS = "what answers there speaks no TLS: use redis:// instead of rediss://, or the"
            + " port on which Redis speaks TLS";
    private static final String TLS =
            "what answers there speaks TLS: use rediss:// instead of redis://, or the port on which Redis does not";

    private FailureCause() {}

    /** What happened and what to do. */
    static String words(Throwable failure) {
        String said = null;
        Throwable cause = failure;
        for (int i = 0; cause != null && i < MOST_CAUSES && said == null; i++, cause = cause.getCause()) {
            said = wordsOf(cause);
        }
        return said == null ? "no connection" : said;
    }

    /** Whether the server answers and somebody has to change something before it can work. */
    static boolean isRefusal(Throwable failure) {
        Throwable cause = failure;
        for (int i = 0; cause != null && i < MOST_CAUSES; i++, cause = cause.getCause()) {
            if (cause instanceof RefusedServerException
                    || cause instanceof CertificateException
                    || cause instanceof CertPathBuilderException
                    || isNoTls(cause)
                    || firstByte(cause) >= 0) {
                return true;
            }
            if (cause instanceof RedisCommandExecutionException) {
                String error = String.valueOf(cause.getMessage());
                if (NOT_ALLOWED.matcher(error).find()
                        || NOT_ALLOWED_IN_SCRIPT.matcher(error).find()) {
                    return true;
                }
            }
        }
        return false;
    }

    private static @Nullable String wordsOf(Throwable cause) {
        String message = String.valueOf(cause.getMessage());
        if (cause instanceof RefusedServerException || cause instanceof RedisUnavailableException) {
            return message;
        }
        if (cause instanceof RedisCommandExecutionException) {
            return ofRedis(message);
        }
        int first = firstByte(cause);
        if (first >= 0) {
            return notRedis(first);
        }
        if (isNoTls(cause)) {
            return NO_TLS;
        }
        if (cause instanceof CertificateExpiredException || cause instanceof CertificateNotYetValidException) {
            return "the server's certificate is not valid now: renew it, or set this machine's clock";
        }
        if (cause instanceof CertificateException && message.startsWith("No ")) {
            return "the server's certificate is for another host name: use the name that it is for in the URI, or give the"
                    + " server a certificate for this one";
        }
        if (cause instanceof CertPathBuilderException
                // One that has the name of a trusted one, and another key: of a server that made itself a new one.
                || (cause instanceof CertPathValidatorException && !(cause.getCause() instanceof CertificateException))
                || (cause instanceof CertificateException && cause.getCause() == null)) {
            return "the server's certificate is not trusted: add its authority to the trust store of this JVM, or hand in a"
                    + " Lettuce client whose SslOptions know it";
        }
        if (cause instanceof UnknownHostException) {
            return "the host name is not known: check it, and how this machine resolves names";
        }
        if (cause instanceof NoRouteToHostException) {
            return "there is no route to this address: check host and network";
        }
        if (cause instanceof ConnectException) {
            // Netty's for a connection that takes too long is one of these, too.
            return message.contains("timed out")
                    ? "nothing answers at this address: check host and port, and what lies in between (a firewall?)"
                    : message.contains("refused")
                            ? "the connection was refused: nothing listens on this port. Check host and port, and whether"
                                    + " Redis runs there and is bound to this address"
                            : null;
        }
        if (cause instanceof SSLException && cause.getCause() == null) {
            return "TLS does not come about: check that the server speaks a version of it that this JVM does, and whether"
                    + " it asks for a certificate of the client";
        }
        if (message.contains("closed prematurely") || message.contains("Connection reset")) {
            return "the server ended the connection before Redis had answered: it speaks TLS (then use rediss://), is a proxy"
                    + " for something else, or has too many clients (maxclients)";
        }
        return null;
    }

    private static String ofRedis(String error) {
        boolean inScript = NOT_ALLOWED_IN_SCRIPT.matcher(error).find();
        if (inScript || NOT_ALLOWED.matcher(error).find()) {
            if (!inScript && !error.startsWith("NOPERM")) {
                return "Redis does not let this user in (" + firstWord(error) + "): check user and password";
            }
            Matcher named = COMMAND.matcher(error);
            if (named.find()) {
                return "Redis does not let this user run the command "
                        + named.group(1).replace('|', ' ').toUpperCase(Locale.ROOT) + " (NOPERM): allow it; "
                        + COMMANDS;
            }
            if (error.contains("can't run this command")) {
                return "Redis does not let this user run a command in the store's scripts (NOPERM): allow EXISTS, GET, SET, and"
                        + " in a Cluster DEL; " + COMMANDS;
            }
            return "Redis does not let this user touch the store's keys (NOPERM): allow the keys that begin with the store's"
                    + " prefix and 1, as ~c1* does";
        }
        return switch (firstWord(error)) {
            case "DENIED" ->
                "Redis is in protected mode and takes clients of its own machine only: set bind and a"
                        + " password, or protected-mode no";
            case "LOADING" -> "Redis is loading its data (LOADING)";
            case "MASTERDOWN", "READONLY" -> "it is no primary";
            case "NOREPLICAS" -> "Redis answers NOREPLICAS: fewer replicas follow it than min-replicas-to-write";
            case "MISCONF" -> "Redis answers MISCONF: it cannot save its data, and takes no writes";
            default -> "Redis answers " + firstWord(error);
        };
    }

    private static boolean isNoTls(Throwable cause) {
        return cause.getClass().getSimpleName().equals("NotSslRecordException")
                || (cause instanceof SSLException
                        && String.valueOf(cause.getMessage()).contains("Unsupported or unrecognized SSL message"));
    }

    private static String notRedis(int first) {
        if (first == 0x15 || first == 0x16) {
            return TLS;
        }
        return (first == 'H'
                        ? "an HTTP server answers there, and no Redis"
                        : "what answers there does not speak Redis's protocol")
                + ": check host and port, and whether a proxy is in between";
    }

    /** The byte that no answer of Redis begins with, or -1 if that is not what happened. */
    private static int firstByte(Throwable cause) {
        if (!cause.getClass().getName().startsWith("io.lettuce.")) {
            return -1;
        }
        Matcher told = FIRST_BYTE.matcher(String.valueOf(cause.getMessage()));
        if (!told.find()) {
            return -1;
        }
        String text = told.group(1);
        if (text.length() == 1 && (text.charAt(0) < '0' || text.charAt(0) > '9')) {
            return text.charAt(0);
        }
        int value = 0;
        for (int i = 0; i < text.length(); i++) {
            value = value * 10 + (text.charAt(i) - '0');
        }
        return value;
    }

    static String firstWord(String error) {
        Matcher word = FIRST_WORD.matcher(error);
        return word.find() ? word.group() : "an error";
    }
}
