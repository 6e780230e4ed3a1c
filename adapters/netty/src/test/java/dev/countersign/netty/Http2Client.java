package dev.countersign.netty;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.util.ReferenceCountUtil;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A client of HTTP/2 with prior knowledge, frame by frame, on one connection. */
final class Http2Client implements AutoCloseable {
    private static final long LIMIT_SECONDS = 20;

    @SuppressWarnings("deprecation") // its successor is not in 4.1, on which these tests can be run too
    private final EventLoopGroup loop = new NioEventLoopGroup(1);

    private final Channel connection;

    Http2Client(int port) {
        connection = new Bootstrap()
                .group(loop)
                .channel(NioSocketChannel.class)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(
                                        Http2FrameCodecBuilder.forClient().build(),
                                        new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()));
                    }
                })
                .connect(InetAddress.getLoopbackAddress(), port)
                .syncUninterruptibly()
                .channel();
    }

    /** What came back on a stream. */
    record Answer(List<Integer> interim, int status, Http2Headers headers, String body) {
        String header(String name) {
            CharSequence value = headers.get(name);
            return value == null ? "" : value.toString();
        }
    }

    /** Sends the head of a request. */
    Stream open(SignedRequest request, boolean isEnd) throws Exception {
        Http2Headers headers = new DefaultHttp2Headers();
        request.headers.forEach((name, value) -> headers.add(name.toLowerCase(Locale.ROOT), value));
        return open(request.method, request.target, headers, isEnd);
    }

    Stream open(String method, String target, Http2Headers headers, boolean isEnd) throws Exception {
        headers.method(method).path(target).scheme("http").authority("h");
        Receiver receiver = new Receiver();
        Http2StreamChannel channel = new Http2StreamChannelBootstrap(connection)
                .handler(receiver)
                .open()
                .get(LIMIT_SECONDS, TimeUnit.SECONDS);
        channel.writeAndFlush(new DefaultHttp2HeadersFrame(headers, isEnd)).syncUninterruptibly();
        return new Stream(channel, receiver);
    }

    /** One stream. */
    static final class Stream {
        private final Http2StreamChannel channel;
        private final Receiver receiver;

        Stream(Http2StreamChannel channel, Receiver receiver) {
            this.channel = channel;
            this.receiver = receiver;
        }

        /** Hands bytes to the connection, which sends them as its windows allow. */
        Stream send(String latin1, boolean isEnd) {
            channel.writeAndFlush(
                    new DefaultHttp2DataFrame(Unpooled.copiedBuffer(latin1, StandardCharsets.ISO_8859_1), isEnd));
            return this;
        }

        void reset() {
            channel.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.CANCEL)).syncUninterruptibly();
        }

        /** Waits for the end of the answer. */
        Answer answer() throws Exception {
            return receiver.answer.get(LIMIT_SECONDS, TimeUnit.SECONDS);
        }

        /** Waits for the interim answer. */
        int interim() throws Exception {
            return receiver.firstInterim.get(LIMIT_SECONDS, TimeUnit.SECONDS);
        }

        boolean isAnswered() {
            return receiver.answer.isDone();
        }

        /** Waits for the server's reset, and says with which error. */
        long resetByServer() throws Exception {
            return receiver.reset.get(LIMIT_SECONDS, TimeUnit.SECONDS);
        }
    }

    private static final class Receiver extends ChannelInboundHandlerAdapter {
        final CompletableFuture<Answer> answer = new CompletableFuture<>();
        final CompletableFuture<Integer> firstInterim = new CompletableFuture<>();
        final CompletableFuture<Long> reset = new CompletableFuture<>();
        private final List<Integer> interim = new ArrayList<>();
        private final StringBuilder body = new StringBuilder();
        private @Nullable Http2Headers head;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            boolean isEnd = false;
            if (msg instanceof Http2HeadersFrame frame) {
                int status = new BigInteger(String.valueOf(frame.headers().status())).intValueExact();
                if (status < 200) {
                    interim.add(status);
                    firstInterim.complete(status);
                } else {
                    head = frame.headers();
                }
                isEnd = frame.isEndStream();
            } else if (msg instanceof Http2DataFrame frame) {
                body.append(frame.content().toString(StandardCharsets.ISO_8859_1));
                isEnd = frame.isEndStream();
            }
            ReferenceCountUtil.release(msg);
            Http2Headers headers = head;
            if (isEnd && headers != null) {
                int status = new BigInteger(String.valueOf(headers.status())).intValueExact();
                answer.complete(new Answer(interim, status, headers, body.toString()));
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof Http2ResetFrame frame) {
                reset.complete(frame.errorCode());
            }
            ReferenceCountUtil.release(event);
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            answer.completeExceptionally(new AssertionError("the stream ended without an answer"));
            reset.completeExceptionally(new AssertionError("the stream ended without a reset"));
        }
    }

    @Override
    public void close() {
        connection.close().syncUninterruptibly();
        loop.shutdownGracefully(0, LIMIT_SECONDS, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
