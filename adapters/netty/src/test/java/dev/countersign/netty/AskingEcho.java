package dev.countersign.netty;

import io.netty.channel.ChannelHandlerContext;

/** The echo application of a channel whose {@code autoRead} is off: it asks for more whenever it was handed something. */
final class AskingEcho extends EchoApplication {
    AskingEcho(Log log) {
        super(log);
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        ctx.read();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        ctx.read();
    }
}
