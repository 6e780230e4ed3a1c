package dev.countersign.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A connection in the test's own thread, whose application is the test: what went on is read with {@link #next}. Counts the reads that
 * reach the transport.
 */
final class Embedded implements AutoCloseable {
    final UnpooledByteBufAllocator buffers = new UnpooledByteBufAllocator(false);
    final EmbeddedChannel channel;
    int reads;

    Embedded(CountersignHandler.Factory countersign, ChannelHandler... behind) {
        this(true, countersign, behind);
    }

    Embedded(boolean autoRead, CountersignHandler.Factory countersign, ChannelHandler... behind) {
        channel = new EmbeddedChannel();
        channel.config().setAutoRead(autoRead);
        channel.config().setAllocator(buffers);
        channel.freezeTime();
        channel.pipeline().addLast(new ChannelOutboundHandlerAdapter() {
            @Override
            public void read(ChannelHandlerContext ctx) {
                reads++;
                ctx.read();
            }
        });
        channel.pipeline().addLast(new HttpServerCodec(), countersign.newHandler());
        channel.pipeline().addLast(behind);
    }

    /** Arrives in one read. */
    Embedded arrives(String latin1) {
        channel.writeInbound(Unpooled.copiedBuffer(latin1, StandardCharsets.ISO_8859_1));
        return this;
    }

    /** The next message that went on, whose owner is the caller; null if there is none. */
    @Nullable Object next() {
        return channel.readInbound();
    }

    /** All that was sent and not read. */
    String sent() {
        StringBuilder text = new StringBuilder();
        for (ByteBuf bytes = channel.readOutbound(); bytes != null; bytes = channel.readOutbound()) {
            text.append(bytes.toString(StandardCharsets.ISO_8859_1));
            bytes.release();
        }
        return text.toString();
    }

    /** The application answers. */
    void answers() {
        channel.writeOutbound(ok());
    }

    static FullHttpResponse ok() {
        FullHttpResponse ok =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, Unpooled.EMPTY_BUFFER);
        ok.headers().set(HttpHeaderNames.CONTENT_LENGTH, 0);
        return ok;
    }

    /** The transport has read nothing more, and asks again where that is its way. */
    void readsOn() {
        channel.flushInbound();
    }

    @Override
    public void close() {
        channel.finishAndReleaseAll();
        assertEquals(
                0, buffers.metric().usedHeapMemory() + buffers.metric().usedDirectMemory(), "bytes were not released");
    }
}
