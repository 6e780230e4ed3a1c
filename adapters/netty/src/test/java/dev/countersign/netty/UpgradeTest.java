package dev.countersign.netty;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.tck.RawHttp;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerUpgradeHandler;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2ServerUpgradeCodec;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Requests for another protocol are verified before anything is upgraded. */
@ExtendWith(Leaks.class)
@Timeout(120)
class UpgradeTest {
    private static final String WEBSOCKET = String.join(
            "\r\n",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13",
            "");
    private static final String H2C = String.join(
            "\r\n", "Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABkAAQAAP__", "");

    private static VerifiedBackend backend(Consumer<ChannelPipeline> behind) throws Exception {
        return VerifiedBackend.start(
                nonces -> nonces,
                settings -> settings,
                backend -> new NettyServer(NettyServer.http1Pipeline(backend.countersign::newHandler, behind), true));
    }

    private static void websocket(ChannelPipeline pipeline) {
        pipeline.addLast(
                new HttpObjectAggregator(65_536),
                new WebSocketServerProtocolHandler("/ws"),
                new SimpleChannelInboundHandler<TextWebSocketFrame>() {
                    @Override
                    protected void channelRead0(ChannelHandlerContext ctx, TextWebSocketFrame frame) {
                        String device = CountersignHandler.require(ctx.channel())
                                .device()
                                .deviceId();
                        ctx.writeAndFlush(new TextWebSocketFrame(device + " said " + frame.text()));
                    }
                });
    }

    @Test
    void aWebSocketIsOpenedBySignedHandshakesOnly() throws Exception {
        try (VerifiedBackend backend = backend(UpgradeTest::websocket)) {
            RawHttp.Answer unsigned =
                    RawHttp.exchange(backend.port(), "GET /ws HTTP/1.1\r\nHost: h\r\n" + WEBSOCKET + "\r\n");
            assertEquals(400, unsigned.status());
            assertEquals("INVALID_REQUEST", unsigned.header("x-synheart-error"));
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), backend.port())) {
                send(socket, RawHttp.latin1(backend.signed("GET", "/ws", "").head(WEBSOCKET)));
                assertTrue(head(socket).startsWith("HTTP/1.1 101 "));
                for (int i = 0; i < 3; i++) {
                    send(socket, new byte[] {(byte) 0x81, (byte) 0x82, 0, 0, 0, 0, 'h', 'i'});
                    String expected = SignedRequest.DEVICE + " said hi";
                    byte[] frame = socket.getInputStream().readNBytes(2 + expected.length());
                    assertEquals(expected, new String(frame, 2, expected.length(), StandardCharsets.US_ASCII));
                }
            }
        }
    }

    @Test
    void framesThatComeWithTheHandshakeAreNotLost() throws Exception {
        try (VerifiedBackend backend = backend(UpgradeTest::websocket);
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), backend.port())) {
            byte[] handshake = RawHttp.latin1(backend.signed("GET", "/ws", "").head(WEBSOCKET));
            send(socket, handshake);
            assertFalse(head(socket).isEmpty());
            send(
                    socket,
                    new byte[] {(byte) 0x81, (byte) 0x81, 0, 0, 0, 0, 'a', (byte) 0x81, (byte) 0x81, 0, 0, 0, 0, 'b'});
            for (char said : new char[] {'a', 'b'}) {
                String expected = SignedRequest.DEVICE + " said " + said;
                byte[] frame = socket.getInputStream().readNBytes(2 + expected.length());
                assertEquals(expected, new String(frame, 2, expected.length(), StandardCharsets.US_ASCII));
            }
        }
    }

    private static void h2c(ChannelPipeline pipeline) {
        HttpServerCodec codec = pipeline.get(HttpServerCodec.class);
        pipeline.addLast(new HttpServerUpgradeHandler(
                codec,
                protocol -> {
                    Http2FrameCodec frames = Http2FrameCodecBuilder.forServer().build();
                    return new Http2ServerUpgradeCodec(
                            frames, new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()));
                },
                65_536));
    }

    @Test
    void aConnectionChangesToHttp2BySignedRequestsOnly() throws Exception {
        try (VerifiedBackend backend = backend(UpgradeTest::h2c)) {
            RawHttp.Answer unsigned =
                    RawHttp.exchange(backend.port(), "GET /v1/x HTTP/1.1\r\nHost: h\r\n" + H2C + "\r\n");
            assertEquals(400, unsigned.status());
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), backend.port())) {
                send(socket, RawHttp.latin1(backend.signed("GET", "/v1/x", "").head(H2C)));
                assertTrue(head(socket).startsWith("HTTP/1.1 101 "));
                assertEquals(4, frameType(socket), "its settings");
                byte[] preface = new byte[Http2CodecUtil.connectionPrefaceBuf().readableBytes()];
                Http2CodecUtil.connectionPrefaceBuf().readBytes(preface);
                send(socket, preface);
                send(socket, new byte[] {0, 0, 0, 4, 0, 0, 0, 0, 0});
                assertEquals(4, frameType(socket), "and that it has read those of the client");
                byte[] ping = {0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8};
                send(socket, ping);
                byte[] pong = socket.getInputStream().readNBytes(ping.length);
                ping[4] = 1;
                assertArrayEquals(ping, pong);
            }
        }
    }

    private static int frameType(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        byte[] head = in.readNBytes(9);
        assertEquals(9, head.length);
        in.skipNBytes(new BigInteger(1, Arrays.copyOf(head, 3)).intValueExact());
        return head[3];
    }

    private static void send(Socket socket, byte[] bytes) throws IOException {
        socket.setSoTimeout(20_000);
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
    }

    private static String head(Socket socket) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int b = socket.getInputStream().read();
            if (b < 0) {
                throw new IOException("closed after " + head);
            }
            head.append((char) b);
        }
        return head.toString();
    }
}
