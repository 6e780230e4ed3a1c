package dev.countersign.quickstart;

import dev.countersign.api.ErrorAnswer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * The two paths that are not protected, in front of the protected rest. They are recognised by the raw path alone, so
 * that no spelling of a protected path is taken for one of them; every other spelling is protected.
 */
final class OpenPaths extends Handler.Wrapper {
    /** A page from elsewhere whose name was made to point here would send its own name. */
    private static final Set<String> LOOPBACK_HOSTS = Set.of("127.0.0.1", "localhost", "[::1]");

    private final DeviceAdmin admin;
    private final Supplier<Map<String, String>> health;
    private final ThreadShares shares;

    OpenPaths(Handler protectedRest, DeviceAdmin admin, Supplier<Map<String, String>> health, ThreadShares shares) {
        super(protectedRest);
        this.shares = shares;
        this.admin = admin;
        this.health = health;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        String path = request.getHttpURI().getPath();
        if (path == null || !path.startsWith("/") || !isHttp(request)) {
            Response.writeError(request, response, callback, 400); // asterisk-form and the like
            return true;
        }
        if (path.equals("/health")) {
            send(request, response, callback, health(request.getMethod()));
            return true;
        }
        if (DeviceAdmin.isAdminPath(path)) {
            try (ThreadShares.Share share = shares.administration()) {
                send(request, response, callback, share == null ? busy() : admin(request, path));
            }
            return true;
        }
        try (ThreadShares.Share share = shares.request(hasBody(request))) {
            if (share != null) {
                return super.handle(request, response, callback);
            }
        }
        sendBusy(request, response, callback);
        return true;
    }

    /** As the verifier answers when it cannot look: with a Retry-After that is not 0, which some clients act on at once. */
    private static void sendBusy(Request request, Response response, Callback callback) {
        ErrorAnswer answer = ErrorAnswer.temporarilyUnavailable();
        response.setStatus(answer.status());
        answer.headers().forEach(response.getHeaders()::put);
        ByteBuffer json = answer.bodyBuffer();
        response.getHeaders().put(HttpHeader.CONTENT_LENGTH, json.remaining());
        response.write(true, request.getMethod().equals("HEAD") ? null : json, callback);
    }

    private static boolean hasBody(Request request) {
        return request.getHeaders().contains(HttpHeader.TRANSFER_ENCODING)
                || request.getHeaders().getLongField(HttpHeader.CONTENT_LENGTH) > 0;
    }

    private static DeviceAdmin.Answer busy() {
        return DeviceAdmin.Answer.error(503, "TEMPORARILY_UNAVAILABLE", "Too many requests at once. Try again later.");
    }

    private static boolean isHttp(Request request) {
        String scheme = request.getHttpURI().getScheme();
        return !request.getMethod().equals("CONNECT")
                && (scheme == null || scheme.equals("http") || scheme.equals("https"));
    }

    private DeviceAdmin.Answer health(String method) {
        if (!method.equals("GET") && !method.equals("HEAD")) {
            DeviceAdmin.Answer error = DeviceAdmin.Answer.error(405, "METHOD_NOT_ALLOWED", "Use GET.");
            return new DeviceAdmin.Answer(error.status(), error.body(), "GET, HEAD");
        }
        return new DeviceAdmin.Answer(200, health.get(), "");
    }

    private DeviceAdmin.Answer admin(Request request, String path) throws IOException, InterruptedException {
        // The server listens on the loopback interface alone; this holds also when someone lets it listen elsewhere.
        boolean loopback = request.getConnectionMetaData().getRemoteSocketAddress() instanceof InetSocketAddress remote
                && remote.getAddress() != null
                && remote.getAddress().isLoopbackAddress();
        if (!loopback
                || !LOOPBACK_HOSTS.contains(String.valueOf(request.getHttpURI().getHost()))) {
            return DeviceAdmin.Answer.error(403, "FORBIDDEN", "Administration is possible from this machine only.");
        }
        byte[] body;
        try (InputStream in = Request.asInputStream(request)) {
            body = in.readNBytes(DeviceAdmin.MAX_BODY_BYTES + 1);
        }
        if (body.length > DeviceAdmin.MAX_BODY_BYTES) {
            return DeviceAdmin.Answer.error(413, "BODY_TOO_LARGE", "The body is too large.");
        }
        return admin.handle(request.getMethod(), path, body);
    }

    private static void send(Request request, Response response, Callback callback, DeviceAdmin.Answer answer) {
        HttpFields.Mutable headers = response.getHeaders();
        response.setStatus(answer.status());
        headers.put(HttpHeader.CACHE_CONTROL, "no-store");
        if (!answer.allow().isEmpty()) {
            headers.put(HttpHeader.ALLOW, answer.allow());
        }
        if (answer.body().isEmpty()) {
            response.write(true, null, callback);
            return;
        }
        byte[] json = Json.object(answer.body());
        headers.put(HttpHeader.CONTENT_TYPE, "application/json");
        headers.put(HttpHeader.CONTENT_LENGTH, json.length);
        boolean head = request.getMethod().equals("HEAD");
        response.write(true, head ? null : ByteBuffer.wrap(json), callback);
    }
}
