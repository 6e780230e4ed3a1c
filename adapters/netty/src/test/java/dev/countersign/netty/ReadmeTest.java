package dev.countersign.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.countersign.api.RequestVerifier;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.route.Routes;
import dev.countersign.tck.RawHttp;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the README shows for Netty is what stands here, and it works. */
@ExtendWith(Leaks.class)
@Timeout(60)
class ReadmeTest {
    private static final Path MODULE =
            Path.of(Optional.ofNullable(System.getProperty("basedir")).orElse("."));
    private static final Path SOURCE = MODULE.resolve("src/test/java/dev/countersign/netty/ReadmeTest.java");

    private static Channel start(RequestVerifier verifier, EventLoopGroup group) {
        // README: from here
        CountersignHandler.Factory countersign = CountersignHandler.builder(
                        Routes.by(verifier).protectAllExcept("/health"))
                .build(); // one for the server: it bounds what all connections hold together

        ServerBootstrap server = new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline()
                                .addLast(new HttpServerCodec(), countersign.newHandler()) // in this order, and first
                                .addLast(new HttpObjectAggregator(1 << 20), new Application());
                    }
                });
        // README: to here
        return server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .syncUninterruptibly()
                .channel();
    }

    private static final class Application extends SimpleChannelInboundHandler<FullHttpRequest> {
        @Override
        protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
            // README: from here
            DeviceIdentity device = CountersignHandler.require(ctx.channel()).device();
            // README: to here
            FullHttpResponse response = Embedded.ok();
            response.headers().set("x-device", device.deviceId());
            ctx.writeAndFlush(response);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }

    @Test
    void itWorks() throws Exception {
        try (VerifiedBackend backend = VerifiedBackend.http1()) {
            @SuppressWarnings("deprecation") // as in NettyServer
            EventLoopGroup group = new NioEventLoopGroup(1);
            Channel listening = start(backend.verifier, group);
            int port = ((InetSocketAddress) listening.localAddress()).getPort();
            RawHttp.Answer accepted = RawHttp.exchange(
                    port, backend.signed("POST", "/v1/x", "abc").text());
            assertEquals(SignedRequest.DEVICE, accepted.header("x-device"));
            assertEquals(
                    400, RawHttp.exchange(port, "GET /v1/x HTTP/1.1\r\n\r\n").status());
            group.shutdownGracefully(0, 20, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    /** Line by line, but for the indentation. */
    @Test
    void theReadmeShowsIt() throws IOException {
        List<String> readme = Files.readAllLines(MODULE.resolve("../../README.md"));
        List<String> section = readme.subList(readme.indexOf("### Netty"), readme.size());
        List<String> code = section.subList(section.indexOf("```java") + 1, section.size());
        List<String> shown = new ArrayList<>();
        code.subList(0, code.indexOf("```")).forEach(line -> shown.add(line.strip()));
        List<String> expected = new ArrayList<>();
        boolean isShown = false;
        for (String line : Files.readAllLines(SOURCE)) {
            if (line.strip().equals("// README: from here")) {
                isShown = true;
                if (!expected.isEmpty()) {
                    expected.addAll(List.of("", "// In a handler behind it:"));
                }
            } else if (line.strip().equals("// README: to here")) {
                isShown = false;
            } else if (isShown) {
                expected.add(line.strip());
            }
        }
        assertEquals(String.join("\n", expected), String.join("\n", shown));
    }
}
