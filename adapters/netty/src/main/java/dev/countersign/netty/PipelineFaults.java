package dev.countersign.netty;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.MessageAggregator;
import io.netty.handler.codec.http.HttpContentDecoder;
import io.netty.handler.codec.http.HttpServerExpectContinueHandler;
import io.netty.handler.codec.http.HttpServerUpgradeHandler;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What must not stand between the codec and the handler, in words. */
final class PipelineFaults {
    private static final String HTTP2_CONNECTION = "io.netty.handler.codec.http2.Http2ConnectionHandler";

    private PipelineFaults() {}

    /** What is wrong in front of the handler of this context, and what to change; null if nothing is. */
    static @Nullable String inFrontOf(ChannelHandlerContext ctx) {
        for (Map.Entry<String, ChannelHandler> entry : ctx.pipeline()) {
            if (entry.getValue() == ctx.handler()) {
                return null;
            }
            String what = whatItDoes(entry.getValue());
            if (what != null) {
                return "the pipeline has \"" + entry.getKey() + "\" ("
                        + entry.getValue().getClass().getName() + ") in front of CountersignHandler: " + what;
            }
        }
        return null;
    }

    private static @Nullable String whatItDoes(ChannelHandler handler) {
        // An aggregator too, by its type.
        if (handler instanceof HttpServerUpgradeHandler) {
            return "it upgrades connections whose request nobody has verified. Add it behind, or take clients with prior"
                    + " knowledge alone";
        }
        if (handler instanceof MessageAggregator) {
            return aggregator();
        }
        if (handler instanceof HttpContentDecoder) {
            return "it changes bodies, and the signature covers them as they were sent. Add it behind";
        }
        if (handler instanceof HttpServerExpectContinueHandler) {
            return "it asks for bodies before the head is judged. Leave it out: CountersignHandler answers 100 Continue itself";
        }
        if (handler instanceof WebSocketServerProtocolHandler) {
            return "it upgrades connections whose request nobody has verified. Add it behind";
        }
        if (isA(handler.getClass(), HTTP2_CONNECTION)) {
            return "it speaks for all streams of a connection. Add a CountersignHandler to the pipeline of each stream, behind"
                    + " Http2StreamFrameToHttpObjectCodec";
        }
        return null;
    }

    /** Of what a message shows. */
    static String wholeMessage() {
        return "something in front of CountersignHandler has collected a whole request: " + aggregator();
    }

    /** Of what is no message of HTTP. */
    static String foreign(Object message) {
        return "CountersignHandler was handed a " + message.getClass().getName()
                + ": it belongs right behind HttpServerCodec, or in the pipeline of a stream behind"
                + " Http2StreamFrameToHttpObjectCodec";
    }

    /** Of a request on a connection that was upgraded. */
    static String stillHttp() {
        return "the application has answered 101, or 2xx to CONNECT, and left HTTP's codec in the pipeline: requests that come"
                + " now would not be verified. Remove the codec with the upgrade";
    }

    private static String aggregator() {
        return "an aggregator asks for bodies before the head is judged, and holds them outside of memoryBudget. Add it behind";
    }

    /** By name: the library may not be there. */
    private static boolean isA(Class<?> type, String name) {
        for (Class<?> at = type; at != null; at = at.getSuperclass()) {
            if (at.getName().equals(name)) {
                return true;
            }
        }
        return false;
    }
}
