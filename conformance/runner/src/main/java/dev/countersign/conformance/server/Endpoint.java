package dev.countersign.conformance.server;

import dev.countersign.conformance.runner.Shown;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * Where a server is.
 *
 * @param url as it was given
 * @param tls whether the scheme is https
 * @param host without brackets
 * @param port the scheme's own if the URL names none
 * @param authority what the header {@code Host} says
 * @param trust makes sockets with TLS
 */
record Endpoint(String url, boolean tls, String host, int port, String authority, SSLSocketFactory trust) {
    private static final int CONNECT_MILLIS = 5_000;
    private static final int HTTP_PORT = 80;
    private static final int HTTPS_PORT = 443;
    private static final int MAX_PORT = 65_535;

    /**
     * Reads a URL.
     *
     * @throws IllegalArgumentException if it is not one of a server; the message says what to give
     */
    static Endpoint of(String url, SSLSocketFactory trust) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("not a URL: " + e.getMessage(), e);
        }
        String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
        String host = uri.getHost();
        if (!(scheme.equals("http") || scheme.equals("https")) || host == null) {
            throw new IllegalArgumentException(
                    url + " is not the URL of a server: give http://host:port or https://host");
        }
        if (uri.getRawUserInfo() != null || uri.getRawQuery() != null || uri.getRawFragment() != null) {
            throw new IllegalArgumentException(
                    "give scheme, host and port of the server alone, without user, query and fragment");
        }
        if (!(uri.getRawPath().isEmpty() || uri.getRawPath().equals("/"))) {
            throw new IllegalArgumentException("a base path (" + uri.getRawPath()
                    + ") is not supported: the signatures cover the paths of the vectors, which start at the root");
        }
        boolean tls = scheme.equals("https");
        if (uri.getPort() == 0 || uri.getPort() > MAX_PORT) {
            throw new IllegalArgumentException("a port is from 1 to " + MAX_PORT);
        }
        int port = uri.getPort() > 0 ? uri.getPort() : tls ? HTTPS_PORT : HTTP_PORT;
        String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        return new Endpoint(url, tls, bare, port, uri.getRawAuthority(), trust);
    }

    /**
     * A connection that the time limit ends.
     *
     * @throws UnreachableServerException if there is none to be had
     */
    Socket connect(TimeLimit limit) throws IOException {
        Socket plain = new Socket();
        limit.guard(plain);
        try {
            plain.setTcpNoDelay(true);
            plain.connect(new InetSocketAddress(host, port), Math.min(CONNECT_MILLIS, limit.leftMillis()));
            return tls ? secure(plain) : plain;
        } catch (IOException e) {
            plain.close();
            if (limit.isOver() || e instanceof UnreachableServerException) {
                throw e;
            }
            String why = e instanceof SocketTimeoutException
                    ? "no answer to the attempt"
                    : Shown.excerpt(String.valueOf(e.getMessage()));
            throw new UnreachableServerException("cannot connect to " + authority + ": " + why, e);
        }
    }

    /** The limit guards the socket below, which can be closed from outside whatever the one above is doing. */
    private Socket secure(Socket plain) throws IOException {
        SSLSocket socket = (SSLSocket) trust.createSocket(plain, host, port, true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        socket.setSSLParameters(parameters);
        try {
            socket.startHandshake();
        } catch (SSLException e) {
            throw new UnreachableServerException(
                    "no TLS with " + authority + ": " + Shown.excerpt(String.valueOf(e.getMessage())), e);
        }
        return socket;
    }
}
