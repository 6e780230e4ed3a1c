package dev.countersign.netty;

import dev.countersign.api.ErrorAnswer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import org.jspecify.annotations.Nullable;

/** The responses that the handler makes, and the header that it adds to an application's. */
final class Answers {
    private Answers() {}

    /**
     * A rejection.
     *
     * @param request the one that it answers, or null if it could not be read
     * @param connection {@code close}, {@code keep-alive} or null for no such header
     */
    static FullHttpResponse of(ErrorAnswer answer, @Nullable HttpRequest request, @Nullable CharSequence connection) {
        ByteBuf body = Unpooled.wrappedBuffer(answer.bodyBuffer());
        int length = body.readableBytes();
        boolean isHead = request != null && HttpMethod.HEAD.equals(request.method());
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                HttpResponseStatus.valueOf(answer.status()),
                isHead ? Unpooled.EMPTY_BUFFER : body);
        answer.headers().forEach((name, value) -> response.headers().set(name, value));
        response.headers().set(HttpHeaderNames.CONTENT_LENGTH, length);
        if (connection != null) {
            response.headers().set(HttpHeaderNames.CONNECTION, connection);
        }
        return response;
    }

    /** The word that the client may send its body. */
    static FullHttpResponse goOn() {
        return new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER);
    }

    /**
     * The answer to a verified request is for its sender alone, unless the application says how it may be kept: a cache
     * in front knows nothing of signatures.
     *
     * @return the response itself wherever its headers can be changed
     */
    static HttpResponse notStored(HttpResponse response) {
        HttpHeaders headers = response.headers();
        if (headers.contains(HttpHeaderNames.CACHE_CONTROL)
                || headers.contains(HttpHeaderNames.EXPIRES)
                || headers.contains(HttpHeaderNames.PRAGMA)) {
            return response;
        }
        try {
            headers.set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE);
            return response;
        } catch (UnsupportedOperationException readOnly) {
            return copyNotStored(response);
        }
    }

    private static HttpResponse copyNotStored(HttpResponse response) {
        HttpHeaders headers = response.headers().copy();
        headers.set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE);
        if (response instanceof FullHttpResponse full) {
            return new DefaultFullHttpResponse(
                    full.protocolVersion(), full.status(), full.content(), headers, full.trailingHeaders());
        }
        return new DefaultHttpResponse(response.protocolVersion(), response.status(), headers);
    }
}
