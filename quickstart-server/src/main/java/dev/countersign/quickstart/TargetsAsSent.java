package dev.countersign.quickstart;

import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.internal.HttpConnection;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/1 whose request targets are looked at before anything is read into them: a handler of Jetty's sees a target only after
 * a missing authority was filled in from the {@code Host} header, so that {@code http:/x} is {@code /x} to it. What is neither a
 * path nor an absolute-form of http or https with an authority is answered with 400 here, and so is a fragment, which Jetty
 * does not notice right behind an authority or its query: {@code http://h#/x} is {@code /} to it.
 */
final class TargetsAsSent extends HttpConnectionFactory {
    /** Of a path, or of an absolute-form up to the first character of its authority. */
    private static final Pattern START = Pattern.compile("/|https?://[^/?#\\\\]", Pattern.CASE_INSENSITIVE);

    TargetsAsSent(HttpConfiguration configuration) {
        super(configuration);
    }

    @Override
    public Connection newConnection(Connector connector, EndPoint endPoint) {
        HttpConnection connection = new HttpConnection(getHttpConfiguration(), connector, endPoint) {
            @Override
            protected HttpStreamOverHTTP1 newHttpStream(String method, @Nullable String target, HttpVersion version) {
                if (target == null || !isPathOrAbsolute(target)) {
                    throw new HttpException.RuntimeException(HttpStatus.BAD_REQUEST_400, "Bad request target");
                }
                return super.newHttpStream(method, target, version);
            }
        };
        connection.setTransferEncodingChunkMaxLength(getTransferEncodingChunkMaxLength());
        return configure(connection, connector, endPoint);
    }

    private static boolean isPathOrAbsolute(String target) {
        return START.matcher(target).lookingAt() && target.indexOf('#') < 0;
    }
}
