package dev.countersign.nonce.redis.trouble;

import io.lettuce.core.protocol.RedisProtocolException;
import io.netty.handler.ssl.NotSslRecordException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Why no connection to a server comes about, in words that say what to change: by the type of the exception. The text
 * of an exception refines the words, and decides nothing.
 */
final class ConnectFailure {
    private static final Pattern FIRST_BYTE = Pattern.compile("[Ff]irst byte:? *'?(\\d{1,3}|.)");

    private static final String NO_TLS = "what answers there speaks no TLS: use redis:// instead of rediss://, or the"
            + " port on which Redis speaks TLS";
    private static final String TLS =
            "what answers there speaks TLS: use rediss:// instead of redis://, or the port on which Redis does not";

    private ConnectFailure() {}

    /** Whether a server answers there that cannot be used until somebody has changed something. */
    static boolean isRefusal(Throwable cause) {
        return cause instanceof CertificateException
                || cause instanceof CertPathBuilderException
                || cause instanceof NotSslRecordException
                || cause instanceof RedisProtocolException;
    }

    /** What happened and what to do; null if this exception does not tell. */
    static @Nullable String words(Throwable cause) {
        String message = String.valueOf(cause.getMessage());
        if (cause instanceof RedisProtocolException) {
            return notRedis(firstByte(message));
        }
        if (cause instanceof NotSslRecordException) {
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

    private static String notRedis(int first) {
        if (first == 0x15 || first == 0x16) {
            return TLS;
        }
        return (first == 'H'
                        ? "an HTTP server answers there, and no Redis"
                        : "what answers there does not speak Redis's protocol")
                + ": check host and port, and whether a proxy is in between";
    }

    /** The byte that no answer of Redis begins with, if Lettuce says which; -1 otherwise. */
    private static int firstByte(String message) {
        Matcher named = FIRST_BYTE.matcher(message);
        if (!named.find()) {
            return -1;
        }
        String text = named.group(1);
        if (text.length() == 1 && (text.charAt(0) < '0' || text.charAt(0) > '9')) {
            return text.charAt(0);
        }
        int value = 0;
        for (int i = 0; i < text.length(); i++) {
            value = value * 10 + (text.charAt(i) - '0');
        }
        return value;
    }
}
