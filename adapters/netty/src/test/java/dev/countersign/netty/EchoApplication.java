package dev.countersign.netty;

import dev.countersign.api.VerifiedRequest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Answers each request with 200 and its body, once that is there. What it knows of the request stands in headers: {@code x-device},
 * {@code x-path}, {@code x-method}, {@code x-trailer}. Keeps what it heard for tests.
 */
class EchoApplication extends ChannelInboundHandlerAdapter {
    /** Of all connections: each request that came through whole, as method and target. */
    static final class Log {
        final BlockingQueue<String> requests = new LinkedBlockingQueue<>();
        final BlockingQueue<Object> events = new LinkedBlockingQueue<>();
        final BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();

        <T> T next(BlockingQueue<T> of) throws InterruptedException {
            T next = of.poll(20, TimeUnit.SECONDS);
            if (next == null) {
                throw new AssertionError("nothing came");
            }
            return next;
        }
    }

    private final Log log;
    private @Nullable HttpRequest request;
    private ByteBuf body = Unpooled.EMPTY_BUFFER;

    EchoApplication(Log log) {
        this.log = log;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
        try {
            if (msg instanceof HttpRequest head) {
                request = head;
                body = Unpooled.buffer();
            }
            if (msg instanceof HttpContent content) {
                body.writeBytes(content.content());
            }
            HttpRequest head = request;
            if (msg instanceof LastHttpContent last && head != null) {
                log.requests.add(head.method() + " " + head.uri());
                request = null;
                answer(ctx, head, last, body);
            }
        } finally {
            ReferenceCountUtil.release(msg);
        }
    }

    void answer(ChannelHandlerContext ctx, HttpRequest head, LastHttpContent last, ByteBuf bytes) {
        ctx.writeAndFlush(response(ctx, head, last, bytes));
    }

    static FullHttpResponse response(ChannelHandlerContext ctx, HttpRequest head, LastHttpContent last, ByteBuf bytes) {
        boolean isHead = head.method().equals(HttpMethod.HEAD);
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.OK, isHead ? Unpooled.EMPTY_BUFFER : bytes);
        VerifiedRequest verified = CountersignHandler.verified(ctx.channel()).orElse(null);
        response.headers()
                .set("x-device", verified == null ? "none" : verified.device().deviceId())
                .set("x-path", verified == null ? "none" : verified.path())
                .set("x-method", head.method().name())
                .set("x-trailer", last.trailingHeaders().get("x-trailer", "none"))
                .set(HttpHeaderNames.CONTENT_LENGTH, bytes.readableBytes());
        if (!HttpUtil.isKeepAlive(head)) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        }
        return response;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        log.events.add(event);
        ctx.fireUserEventTriggered(event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        log.failures.add(cause);
    }
}
