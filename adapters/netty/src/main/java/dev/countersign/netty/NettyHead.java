package dev.countersign.netty;

import dev.countersign.api.RequestHead;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import java.util.List;

/** A request of Netty as the verifier reads it. Netty's decoders make one character of each byte, of target and values alike. */
record NettyHead(HttpRequest request) implements RequestHead {
    @Override
    public String method() {
        return request.method().name();
    }

    @Override
    public String target() {
        return request.uri();
    }

    @Override
    public List<String> headers(String name) {
        return request.headers().getAll(name);
    }

    @Override
    public long announcedBodyBytes() {
        if (request.headers().contains(HttpHeaderNames.TRANSFER_ENCODING)) {
            return -1;
        }
        try {
            return HttpUtil.getContentLength(request, -1L);
        } catch (NumberFormatException notANumber) {
            return -1; // HTTP/1's decoder refuses such a request; on HTTP/2 the bytes that arrive are counted
        }
    }

    /** Whether a body may follow. */
    boolean announcesBody() {
        return request.headers().contains(HttpHeaderNames.TRANSFER_ENCODING) || announcedBodyBytes() > 0;
    }

    @Override
    public String toString() {
        return "NettyHead";
    }
}
