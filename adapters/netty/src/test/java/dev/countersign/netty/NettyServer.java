package dev.countersign.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A server on a port that the system chooses, with one event loop for everything. When it closes, every buffer of its connections must
 * have been released.
 */
final class NettyServer implements AutoCloseable {
    private static final int MAX_HEADER_BYTES = 1 << 20;
    private static final long LIMIT_SECONDS = 20;

    final UnpooledByteBufAllocator buffers = new UnpooledByteBufAllocator(true);

    @SuppressWarnings("deprecation") // its successor is not in 4.1, on which these tests can be run too
    private final EventLoopGroup loop = new NioEventLoopGroup(1);

    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final Channel listening;

    /**
     * Starts it.
     *
     * @param connection fills the pipeline of a connection
     */
    NettyServer(Consumer<ChannelPipeline> connection, boolean autoRead) {
        listening = new ServerBootstrap()
                .group(loop)
                .channel(NioServerSocketChannel.class)
                .childOption(ChannelOption.ALLOCATOR, buffers)
                .childOption(ChannelOption.AUTO_READ, autoRead)
                .childHandler(initializer(pipeline -> {
                    connections.add(pipeline.channel());
                    connection.accept(pipeline);
                }))
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .syncUninterruptibly()
                .channel();
    }

    /** HTTP/1.1: codec, handler, application. */
    static NettyServer http1(
            Supplier<? extends ChannelHandler> countersign, Supplier<? extends ChannelHandler> application) {
        return new NettyServer(http1Pipeline(countersign, pipeline -> pipeline.addLast(application.get())), true);
    }

    /** HTTP/1.1: codec, handler, and what the application adds. */
    static Consumer<ChannelPipeline> http1Pipeline(
            Supplier<? extends ChannelHandler> countersign, Consumer<ChannelPipeline> application) {
        return pipeline -> {
            pipeline.addLast(codec(), countersign.get());
            application.accept(pipeline);
        };
    }

    /** As for a server that takes long targets and heads. */
    static HttpServerCodec codec() {
        return new HttpServerCodec(new HttpDecoderConfig()
                .setMaxInitialLineLength(MAX_HEADER_BYTES)
                .setMaxHeaderSize(MAX_HEADER_BYTES));
    }

    /** HTTP/2 with prior knowledge: on each stream codec, handler, application. */
    static NettyServer http2(
            Supplier<? extends ChannelHandler> countersign, Supplier<? extends ChannelHandler> application) {
        return new NettyServer(
                pipeline -> pipeline.addLast(
                        Http2FrameCodecBuilder.forServer().build(), multiplexer(countersign, application)),
                true);
    }

    static Http2MultiplexHandler multiplexer(
            Supplier<? extends ChannelHandler> countersign, Supplier<? extends ChannelHandler> application) {
        return new Http2MultiplexHandler(initializer(pipeline ->
                pipeline.addLast(new Http2StreamFrameToHttpObjectCodec(true), countersign.get(), application.get())));
    }

    private static ChannelInitializer<Channel> initializer(Consumer<ChannelPipeline> pipeline) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                pipeline.accept(channel.pipeline());
            }
        };
    }

    int port() {
        return ((InetSocketAddress) listening.localAddress()).getPort();
    }

    /** Runs something on the event loop, and waits until it has run: what was begun there before is done then. */
    void onLoop(Runnable task) {
        loop.submit(task).syncUninterruptibly();
    }

    /** Lets the loop work until something is so; for 20 s at most. */
    void until(BooleanSupplier isSo) {
        long begun = System.nanoTime();
        while (!isSo.getAsBoolean()) {
            assertTrue(System.nanoTime() - begun < TimeUnit.SECONDS.toNanos(LIMIT_SECONDS), "it never became so");
            onLoop(() -> {});
        }
    }

    /** Ends the connections one by one: a loop that is shut down at once does not tell all of its channels. */
    @Override
    public void close() {
        listening.close().syncUninterruptibly();
        onLoop(() -> {}); // who was accepted is in the group then
        connections.close().awaitUninterruptibly(LIMIT_SECONDS, TimeUnit.SECONDS);
        onLoop(() -> {});
        onLoop(() -> {}); // what a closed channel leaves to be done later is done then
        long held = buffers.metric().usedDirectMemory() + buffers.metric().usedHeapMemory();
        assertTrue(loop.shutdownGracefully(0, LIMIT_SECONDS, TimeUnit.SECONDS)
                .awaitUninterruptibly(LIMIT_SECONDS, TimeUnit.SECONDS));
        assertEquals(0, held, "bytes were not released");
    }
}
