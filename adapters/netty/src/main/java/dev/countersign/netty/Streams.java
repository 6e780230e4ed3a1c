package dev.countersign.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ServerChannel;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2StreamChannel;

/** Streams of a connection that has many. */
final class Streams {
    private static final boolean HAS_HTTP2 = hasHttp2();

    private Streams() {}

    /** Whether the channel is a stream of HTTP/2 or 3: these have a connection above them, a connection has what accepted it. */
    static boolean isStream(Channel channel) {
        return channel.parent() != null && !(channel.parent() instanceof ServerChannel);
    }

    /** Ends a stream whose answer is out: the client need not send the rest. */
    static void end(ChannelHandlerContext ctx) {
        if (HAS_HTTP2 && OfHttp2.isOne(ctx.channel())) {
            OfHttp2.end(ctx);
        } else {
            ctx.close();
        }
    }

    private static boolean hasHttp2() {
        try {
            Class.forName("io.netty.handler.codec.http2.Http2StreamChannel", false, Streams.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException absent) {
            return false;
        }
    }

    /** Loaded where the library is there. */
    private static final class OfHttp2 {
        static boolean isOne(Channel channel) {
            return channel instanceof Http2StreamChannel;
        }

        /** A client may take CANCEL, which closing the channel sends, for a failure of what it has read. */
        static void end(ChannelHandlerContext ctx) {
            ctx.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.NO_ERROR)).addListener(ChannelFutureListener.CLOSE);
        }
    }
}
