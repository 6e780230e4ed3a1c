package dev.countersign.netty;

import dev.countersign.api.Accepted;
import dev.countersign.api.BodyUse;
import dev.countersign.api.Caller;
import dev.countersign.api.ErrorAnswer;
import dev.countersign.api.Rejected;
import dev.countersign.api.RequestVerifier;
import dev.countersign.api.Verdict;
import dev.countersign.api.Verification;
import dev.countersign.api.VerifiedRequest;
import dev.countersign.api.route.Route;
import dev.countersign.api.route.Routes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpChunkedInput;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AttributeKey;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Lets verified requests through and nothing else, on HTTP/1.1 and on streams of HTTP/2.
 *
 * <pre>{@code
 * CountersignHandler.Factory countersign =
 *         CountersignHandler.builder(Routes.by(verifier).protectAllExcept("/health")).build();   // one for the server
 *
 * pipeline.addLast(new HttpServerCodec(), countersign.newHandler(), new MyApplication());        // for each connection
 * }</pre>
 *
 * <p>It belongs right behind {@code HttpServerCodec}, or for HTTP/2 into the pipeline of each stream, right behind
 * {@code Http2StreamFrameToHttpObjectCodec}. Whatever collects, decompresses, upgrades or answers {@code 100 Continue}
 * belongs behind it; where such a handler stands in front, each request is refused and an {@link IllegalStateException}
 * that names it goes down the pipeline. {@code CorsHandler} in front answers preflights and decorates rejections.
 *
 * <h2>What the application sees</h2>
 *
 * An accepted request goes on as Netty's own messages: the same {@link HttpRequest} object, the bytes of its body as
 * they were sent, and its trailers, which are not signed. {@link #require} gives what was verified, from the moment the
 * request arrives until its response is written. A rejected one is answered here. Up to {@link Builder#maxHeldBytes} of
 * a body are held for its verdict, in pooled buffers.
 *
 * <p><b>One request at a time.</b> The next request of a connection is begun when the response to the one before has
 * been written, so that answers come in their order and {@link #require} can mean one request only. On HTTP/2, streams
 * do not wait for each other.
 *
 * <p><b>Back pressure.</b> Nothing is read while a request waits behind another, or while the client does not read its
 * answers. With {@code autoRead} off the application is handed about as much as one {@code read()} asks for, and a
 * request is begun only when it has asked.
 *
 * <p><b>Waiting.</b> Nothing here blocks the event loop. The signature is checked on the context's executor.
 *
 * <p><b>{@code Expect: 100-continue}</b> is answered here once the head is judged, and the header removed; open
 * requests, and those of which only the head is signed, go on with it.
 *
 * <p><b>Upgrades.</b> A request for an upgrade is verified like any other. With a {@code 101} of the application the
 * handler steps aside: what follows on the connection is not HTTP/1.1. After an upgrade to HTTP/2, streams need
 * handlers of their own. {@code WebSocketServerProtocolHandler} needs an {@code HttpObjectAggregator} between the two:
 * of a request in parts it waits for the end at the codec, where the end has passed before there was a verdict.
 *
 * <p><b>Caches.</b> A response to a verified request without {@code Cache-Control}, {@code Expires} and {@code Pragma}
 * gets {@code Cache-Control: no-store}.
 *
 * <p>A handler belongs to one pipeline and its event loop. Closes no verifier.
 */
public final class CountersignHandler extends ChannelDuplexHandler {
    private static final AttributeKey<Passed> PASSED = AttributeKey.valueOf(CountersignHandler.class, "passed");
    private static final AttributeKey<CompletionStage<Verdict>> VERDICT =
            AttributeKey.valueOf(CountersignHandler.class, "verdict");

    /** What a message that waits is taken to occupy, beside its bytes. */
    private static final long WAITING_MESSAGE = 512;

    private final Settings settings;

    /** What has arrived and is not worked on. */
    private final ArrayDeque<Object> inbox = new ArrayDeque<>(4);

    private long inboxCharge;
    private Phase phase = Phase.IDLE;
    private @Nullable Exchange exchange;
    private @Nullable Drain drain;
    private boolean isStream;
    private boolean isPipelineChecked;

    // Of reading.

    /** Whether a loop further up the stack works on the inbox. */
    private boolean isPumping;
    /** Whether the transport is handing over what it has read. */
    private boolean isReading;
    /** Whether something went on, and the handlers behind have not heard that it was all for now. */
    private boolean isBatchOpen;
    /** Whether the handlers behind have asked for more than they were handed. */
    private boolean isWanted;
    /** Whether a read was asked for and not passed on. */
    private boolean isReadHeldBack;

    private boolean isAutoReadOff;

    private CountersignHandler(Settings settings) {
        this.settings = settings;
    }

    private enum Phase {
        /** Between two exchanges. */
        IDLE,
        /** The body arrives and is held. */
        HOLDING,
        /** The verdict is awaited. */
        JUDGING,
        /** What was held goes on. */
        DELIVERING,
        /** The body goes on as it arrives. */
        STREAMING,
        /** The request has gone on whole, its response is not written whole. */
        AWAITING,
        /** The request is answered, only its end is missing. */
        SKIPPING,
        /** The request is answered, and the rest of its body dropped. */
        DRAINING,
        /** The connection speaks another protocol. */
        UPGRADED,
        /** The connection is closed, or will be as soon as an answer is out. */
        CLOSED
    }

    /** The mark of a request that was let through. The type is private, so that nothing else can make one. */
    private record Passed(VerifiedRequest request) {}

    /** The rest of a body that is read and dropped. */
    private static final class Drain {
        final ChannelFuture answer;
        final Future<?> limit;
        long dropped;

        Drain(ChannelFuture answer, Future<?> limit) {
            this.answer = answer;
            this.limit = limit;
        }
    }

    // ---- for applications ----

    /** Starts the settings. */
    public static Builder builder(Routes routes) {
        return new Builder(Objects.requireNonNull(routes, "routes"));
    }

    /**
     * What was verified of the request that the channel is at: from its arrival behind the handler until its response
     * is written. After an upgrade it stays that of the handshake. May be called from any thread.
     *
     * @param channel the connection; the stream, for HTTP/2
     * @return empty if the request is open, if there is none now, or if {@linkplain #verdict its verdict} is still to come
     */
    public static Optional<VerifiedRequest> verified(Channel channel) {
        Passed passed = channel.attr(PASSED).get();
        return passed == null ? Optional.empty() : Optional.of(passed.request());
    }

    /**
     * As {@link #verified}, for code that must not run unless the request was verified.
     *
     * @throws IllegalStateException if it was not
     */
    public static VerifiedRequest require(Channel channel) {
        return verified(channel)
                .orElseThrow(
                        () -> new IllegalStateException(
                                "the request was not verified, or is answered: add"
                                        + " CountersignHandler to the pipeline, protect this path, and ask before the response is written"));
    }

    /**
     * The verdict that is to come on a request that went on without one: see {@link Builder#passThroughLargeBodies}.
     * Never completes exceptionally, and completes on any thread.
     *
     * @return empty if the request that the channel is at was held for its verdict, or needs none
     */
    public static Optional<CompletionStage<Verdict>> verdict(Channel channel) {
        return Optional.ofNullable(channel.attr(VERDICT).get());
    }

    /** Makes a handler for each pipeline. What they hold together is bounded together. Thread-safe. */
    public static final class Factory {
        private final Settings settings;

        private Factory(Settings settings) {
            this.settings = settings;
        }

        /** A handler for one pipeline. */
        public CountersignHandler newHandler() {
            return new CountersignHandler(settings);
        }

        /** For tests: how many unverified bytes are held now. */
        long heldBytes() {
            return settings.budget.used();
        }

        /** For tests: how many bodies are read and dropped now. */
        int drainsRunning() {
            return settings.drainsRunning();
        }

        @Override
        public String toString() {
            return "CountersignHandler.Factory[" + settings.routes + "]";
        }
    }

    /** Settings of the handlers of a server. Not thread-safe; may build several factories. */
    public static final class Builder {
        private static final Duration SHORTEST_DRAIN = Duration.ofMillis(1);
        private static final Duration LONGEST_DRAIN = Duration.ofMinutes(1);

        final Routes routes;
        long maxHeldBytes = 1 << 20;
        long memoryBudget = 64 << 20;
        boolean passThroughLargeBodies;
        long maxDrainBytes = 10 << 20;
        Duration maxDrainTime = Duration.ofSeconds(5);
        int maxDrains = 100;

        private Builder(Routes routes) {
            this.routes = routes;
        }

        /**
         * How many bytes of a body are held for its verdict; 1 MiB unless set. A longer one is answered with 413.
         *
         * @throws IllegalArgumentException if it is negative
         */
        public Builder maxHeldBytes(long bytes) {
            this.maxHeldBytes = notNegative("maxHeldBytes", bytes);
            return this;
        }

        /**
         * How many unverified bytes the handlers of the factory hold together; 64 MiB unless set. Beyond it the answer
         * is 503. The first 64 KiB of each body may use all of it, what comes after them three quarters: large bodies
         * never starve small requests.
         *
         * @throws IllegalArgumentException if it is below 64 KiB
         */
        public Builder memoryBudget(long bytes) {
            if (bytes < MemoryBudget.SMALL) {
                throw new IllegalArgumentException("memoryBudget must be at least 64 KiB, and is " + bytes + " bytes");
            }
            this.memoryBudget = bytes;
            return this;
        }

        /**
         * Lets bodies of more than {@link #maxHeldBytes} pass before they are verified, for applications that can undo
         * what they did: less safe. The head and the bytes go on as they come; {@link #verified} is empty and {@link
         * #verdict} gives the verdict to come. The {@link LastHttpContent} is held back until the request is accepted,
         * so one that sees no end must keep nothing, answer nothing and be repeated. Where it is rejected, the {@link
         * Rejected} goes down the pipeline as a user event, the rejection is answered unless a response was begun, and
         * the connection closes. What goes on is not held, and does not count towards {@link #memoryBudget}.
         */
        public Builder passThroughLargeBodies() {
            this.passThroughLargeBodies = true;
            return this;
        }

        /**
         * How many bytes of a body are read and dropped on HTTP/1 after its request was answered early; 10 MiB unless
         * set. A connection that closes under a client that still sends loses the answer. 0 drains nothing.
         *
         * @throws IllegalArgumentException if it is negative
         */
        public Builder maxDrainBytes(long bytes) {
            this.maxDrainBytes = notNegative("maxDrainBytes", bytes);
            return this;
        }

        /**
         * How long that may take; 5 s unless set.
         *
         * @param time 1 ms to 1 min
         * @throws IllegalArgumentException if it is out of its range
         */
        public Builder maxDrainTime(Duration time) {
            if (time.compareTo(SHORTEST_DRAIN) < 0 || time.compareTo(LONGEST_DRAIN) > 0) {
                throw new IllegalArgumentException("maxDrainTime must be from 1 ms to 1 min, and is " + time);
            }
            this.maxDrainTime = time;
            return this;
        }

        /**
         * How many connections may be at that at a time; 100 unless set. Others close at once. 0 drains nothing.
         *
         * @throws IllegalArgumentException if it is negative
         */
        public Builder maxDrains(int drains) {
            this.maxDrains = (int) notNegative("maxDrains", drains);
            return this;
        }

        /** What makes the handlers. */
        public Factory build() {
            return new Factory(new Settings(this));
        }

        private static long notNegative(String setting, long value) {
            if (value < 0) {
                throw new IllegalArgumentException(setting + " must be 0 or more, and is " + value);
            }
            return value;
        }
    }

    // ---- what Netty calls ----

    /** {@inheritDoc} */
    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        isStream = Streams.isStream(ctx.channel());
    }

    /** {@inheritDoc} */
    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        boolean isUnderWay = phase != Phase.IDLE && phase != Phase.AWAITING && phase != Phase.UPGRADED;
        abandon(ctx, "the handler was removed");
        if (isUnderWay) {
            ctx.close(); // what has no verdict must not go on without this handler
        }
    }

    /** {@inheritDoc} */
    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        abandon(ctx, "the client is gone");
        ctx.fireChannelInactive();
    }

    /** {@inheritDoc} */
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
        isReading = true;
        inbox.add(msg);
        pump(ctx);
        if (!inbox.isEmpty() && !isPumping) {
            waits(ctx, msg);
        }
    }

    /** {@inheritDoc} */
    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        isReading = false;
        restoreAutoRead(ctx);
        pump(ctx);
        if (!ctx.channel().config().isAutoRead() && (isWanted || phase == Phase.DRAINING) && mayRead()) {
            ctx.read(); // the handlers behind have asked, and were handed nothing yet
        }
    }

    /** {@inheritDoc} */
    @Override
    public void read(ChannelHandlerContext ctx) {
        isWanted |= !ctx.channel().config().isAutoRead(); // which may be switched off before it is served
        isReadHeldBack = true;
        pump(ctx);
    }

    /** {@inheritDoc} */
    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        pump(ctx);
        ctx.fireChannelWritabilityChanged();
    }

    /** {@inheritDoc} */
    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent && isBodyMissed()) {
            abandon(ctx, "the client has ended its side within the body");
            ctx.close();
        }
        ctx.fireUserEventTriggered(event);
    }

    private boolean isBodyMissed() {
        Exchange current = exchange;
        return phase == Phase.DRAINING
                || phase == Phase.HOLDING
                || (current != null && current.passesThrough && !current.isComplete);
    }

    /** {@inheritDoc} */
    @Override
    public void write(ChannelHandlerContext ctx, Object msg, ChannelPromise promise) {
        Exchange answered = exchange;
        if (answered == null || !answered.isHeadDelivered || answered.isAnswered) {
            ctx.write(msg, promise);
            return;
        }
        Object out = msg;
        if (msg instanceof HttpResponse response) {
            answered.responseBegins(response);
            if (answered.verification != null && !answered.isInterim()) {
                out = Answers.notStored(response);
            }
        }
        if (msg instanceof HttpChunkedInput) {
            // Its end is written in front of this handler.
            ChannelPromise whole = promise.unvoid();
            whole.addListener(written -> {
                if (written.isSuccess()) { // what was cut off has no end, and its connection no other request
                    onLoop(ctx, () -> responseEnded(ctx, answered));
                }
            });
            ctx.write(out, whole);
            return;
        }
        ctx.write(out, promise);
        if (msg instanceof LastHttpContent && !answered.isInterim()) {
            responseEnded(ctx, answered);
        }
    }

    // ---- reading, and holding back ----

    private boolean isWantedBehind(ChannelHandlerContext ctx) {
        return isWanted || ctx.channel().config().isAutoRead();
    }

    /** While nothing waits, reading goes on, if only to notice that the client is gone. */
    private boolean mayRead() {
        return switch (phase) {
            case UPGRADED, DRAINING -> true;
            case CLOSED -> false;
            default -> inbox.isEmpty();
        };
    }

    /**
     * Something has arrived that nobody can take yet. Transports read on as long as autoRead is on, whatever happens to
     * {@code read()}; switching it off and on again ends that, if the {@code read()} that comes with the second is held
     * back. It is on again before anything else runs, so that the setting stays the application's.
     */
    private void waits(ChannelHandlerContext ctx, Object msg) {
        if (ctx.channel().config().isAutoRead()) {
            ctx.channel().config().setAutoRead(false);
            isAutoReadOff = true;
        }
        long bytes = WAITING_MESSAGE
                + (msg instanceof HttpContent content ? content.content().readableBytes() : 0);
        if (settings.budget.take(bytes, inboxCharge)) {
            inboxCharge += bytes;
        } else {
            abandon(ctx, "memoryBudget is used up");
            ctx.close();
        }
    }

    private void restoreAutoRead(ChannelHandlerContext ctx) {
        if (isAutoReadOff) {
            isAutoReadOff = false;
            ctx.channel().config().setAutoRead(true); // asks for a read, which is held back while anything waits
        }
    }

    private void pump(ChannelHandlerContext ctx) {
        if (isPumping) {
            return;
        }
        isPumping = true;
        try {
            do {
                while (step(ctx)) {
                    // one message after the other
                }
            } while (endBatch(ctx));
        } catch (RuntimeException | Error fault) {
            abandon(ctx, "a fault of the adapter");
            ctx.close();
            ctx.fireExceptionCaught(fault);
        } finally {
            isPumping = false;
        }
        if (inbox.isEmpty() && inboxCharge > 0) {
            settings.budget.give(inboxCharge);
            inboxCharge = 0;
        }
        if (!isReading) {
            watch(ctx); // not while the rest may be at hand
        }
        boolean isAsked = isWantedBehind(ctx) || phase == Phase.DRAINING;
        if (isReadHeldBack && isAsked && mayRead()) {
            isReadHeldBack = false;
            ctx.read();
        }
    }

    /** Whether the handlers behind have heard that a batch is at its end, and may want another one. */
    private boolean endBatch(ChannelHandlerContext ctx) {
        if (!isBatchOpen || isReading) {
            return false;
        }
        isBatchOpen = false;
        isWanted = false;
        ctx.fireChannelReadComplete();
        return true;
    }

    /** Does the next thing, if there is one to do now. */
    private boolean step(ChannelHandlerContext ctx) {
        if (phase == Phase.JUDGING || phase == Phase.AWAITING) {
            return false;
        }
        if (phase == Phase.DELIVERING) {
            return deliver(ctx);
        }
        if (phase == Phase.STREAMING && deliverHead(ctx)) {
            return true;
        }
        boolean mayBegin = isWantedBehind(ctx) && ctx.channel().isWritable();
        if (phase == Phase.IDLE && !mayBegin) {
            return false;
        }
        Object msg = inbox.poll();
        if (msg == null) {
            return false;
        }
        if (phase == Phase.UPGRADED) {
            passOn(ctx, msg);
        } else if (phase == Phase.CLOSED) {
            ReferenceCountUtil.release(msg);
        } else if (phase == Phase.IDLE) {
            begin(ctx, msg);
        } else if (msg instanceof HttpContent content && !(msg instanceof HttpRequest)) {
            take(ctx, content);
        } else {
            refuseConnection(ctx, msg, PipelineFaults.foreign(msg));
        }
        return true;
    }

    /** After an upgrade there are no requests, but for the end of the one that asked for it. */
    private void passOn(ChannelHandlerContext ctx, Object msg) {
        if (msg instanceof HttpRequest) {
            refuseConnection(ctx, msg, PipelineFaults.stillHttp());
        } else {
            fire(ctx, msg);
        }
    }

    private void take(ChannelHandlerContext ctx, HttpContent content) {
        Exchange current = exchange;
        if (phase == Phase.STREAMING && current != null) {
            stream(ctx, current, content);
            return;
        }
        try {
            if (phase == Phase.HOLDING && current != null) {
                hold(ctx, current, content);
            } else if (phase == Phase.DRAINING) {
                drop(ctx, content);
            } else if (content.decoderResult().isFailure()) {
                phase = Phase.CLOSED;
                ctx.close();
            } else if (content instanceof LastHttpContent) {
                phase = Phase.IDLE;
            }
        } finally {
            content.release();
        }
    }

    private void fire(ChannelHandlerContext ctx, Object msg) {
        isBatchOpen = true;
        ctx.fireChannelRead(msg);
    }

    // ---- a request ----

    private void begin(ChannelHandlerContext ctx, Object msg) {
        if (!(msg instanceof HttpObject object)) {
            refuseConnection(ctx, msg, PipelineFaults.foreign(msg));
            return;
        }
        if (object.decoderResult().isFailure()) {
            ReferenceCountUtil.release(msg);
            answerUnreadable(ctx);
            return;
        }
        if (!(msg instanceof HttpRequest request)) {
            ReferenceCountUtil.release(msg); // the end of nothing
            return;
        }
        Exchange current = new Exchange(request);
        exchange = current;
        String fault = pipelineFault(ctx, current);
        if (fault != null) {
            refuseSetUp(ctx, current, fault);
            return;
        }
        Route route = settings.routes.match(request.uri());
        if (route.isOpen()) {
            phase = Phase.STREAMING;
            return;
        }
        RequestVerifier verifier = route.verifier().orElse(null);
        if (verifier == null) {
            answer(ctx, current, route.refusal().orElseGet(ErrorAnswer::invalidRequest));
            return;
        }
        verify(ctx, current, verifier);
    }

    private @Nullable String pipelineFault(ChannelHandlerContext ctx, Exchange current) {
        if (!isPipelineChecked) {
            String fault = PipelineFaults.inFrontOf(ctx);
            if (fault != null) {
                return fault;
            }
            isPipelineChecked = true;
        }
        // A codec of HTTP/1 makes no whole messages; that of a stream makes one of a head without a body.
        FullHttpRequest whole = current.whole;
        return whole != null && whole.content().isReadable() && !isStream ? PipelineFaults.wholeMessage() : null;
    }

    private void verify(ChannelHandlerContext ctx, Exchange current, RequestVerifier verifier) {
        Verification verification = verifier.begin(current.head, Caller.on(ctx.executor()));
        current.verification = verification;
        Optional<Rejected> early = verification.rejection();
        if (early.isPresent()) {
            answer(ctx, current, early.get().answer());
            return;
        }
        if (verifier.bodyUse() == BodyUse.UNTOUCHED) {
            judge(ctx, current, verification);
            return;
        }
        if (current.head.announcedBodyBytes() > settings.maxHeldBytes && !settings.passesLargeBodiesThrough) {
            giveUp(ctx, current, tooLong(), ErrorAnswer.bodyTooLarge());
            return;
        }
        if (current.waitsForContinue()) {
            ctx.writeAndFlush(Answers.goOn());
            current.isContinued = true;
            current.request.headers().remove(HttpHeaderNames.EXPECT);
        }
        current.held = new HeldBody(ctx.alloc(), settings.budget);
        phase = Phase.HOLDING;
        FullHttpRequest whole = current.whole;
        if (whole != null) {
            hold(ctx, current, whole);
        } else if (current.head.announcedBodyBytes() > settings.maxHeldBytes) {
            passThrough(ctx, current, verification);
        }
    }

    private String tooLong() {
        return "more than maxHeldBytes, " + settings.maxHeldBytes;
    }

    /** Takes a piece of the body, which stays the caller's. */
    private void hold(ChannelHandlerContext ctx, Exchange current, HttpContent content) {
        Verification verification = current.verification;
        HeldBody held = current.held;
        if (verification == null || held == null) {
            return;
        }
        if (content.decoderResult().isFailure()) {
            giveUpUnreadable(ctx, current);
            return;
        }
        ByteBuf bytes = content.content();
        boolean isTooLong = held.size() + bytes.readableBytes() > settings.maxHeldBytes;
        if (isTooLong && !settings.passesLargeBodiesThrough) {
            giveUp(ctx, current, tooLong(), ErrorAnswer.bodyTooLarge());
            return;
        }
        if (!held.add(bytes)) {
            giveUp(ctx, current, "memoryBudget is used up", ErrorAnswer.temporarilyUnavailable());
            return;
        }
        if (!update(ctx, current, verification, bytes)) {
            return;
        }
        if (content instanceof LastHttpContent last) {
            current.ends(last);
            judge(ctx, current, verification);
        } else if (isTooLong) {
            passThrough(ctx, current, verification);
        }
    }

    /** Has the verifier read on; if it has decided by that, answers and returns false. */
    private boolean update(ChannelHandlerContext ctx, Exchange current, Verification verification, ByteBuf bytes) {
        if (bytes.isReadable()) {
            if (bytes.nioBufferCount() == 1) {
                verification.update(bytes.nioBuffer());
            } else {
                for (ByteBuffer part : bytes.nioBuffers()) {
                    verification.update(part);
                }
            }
        }
        Optional<Rejected> rejected = verification.rejection();
        if (rejected.isPresent()) {
            rejected(ctx, current, rejected.get());
            return false;
        }
        return true;
    }

    /** A verification that waits for bytes may end by itself. */
    private void watch(ChannelHandlerContext ctx) {
        Exchange current = exchange;
        if (current == null || current.isWatched || current.isComplete) {
            return;
        }
        Verification verification = current.verification;
        if (verification != null && (phase == Phase.HOLDING || current.passesThrough)) {
            current.isWatched = true;
            verification
                    .completion()
                    .whenComplete((verdict, failure) -> onLoop(ctx, () -> {
                        if (exchange == current
                                && !current.isComplete
                                && !current.isGivenUp
                                && verdict instanceof Rejected rejected) {
                            rejected(ctx, current, rejected);
                            pump(ctx);
                        }
                    }));
        }
    }

    /** The head and what is held go on, with the verdict to come. */
    private void passThrough(ChannelHandlerContext ctx, Exchange current, Verification verification) {
        current.passesThrough = true;
        ctx.channel().attr(VERDICT).set(verification.completion());
        phase = Phase.DELIVERING;
    }

    private void judge(ChannelHandlerContext ctx, Exchange current, Verification verification) {
        phase = Phase.JUDGING;
        verification
                .finish()
                .whenComplete((verdict, failure) -> onLoop(ctx, () -> {
                    if (exchange == current && phase == Phase.JUDGING) {
                        judged(ctx, current, verdict);
                        pump(ctx);
                    }
                }));
    }

    private void judged(ChannelHandlerContext ctx, Exchange current, @Nullable Verdict verdict) {
        if (verdict instanceof Accepted accepted) {
            ctx.channel().attr(PASSED).set(new Passed(accepted.request()));
            phase = current.isComplete ? Phase.DELIVERING : Phase.STREAMING;
        } else if (verdict instanceof Rejected rejected) {
            rejected(ctx, current, rejected);
        } else { // a verifier that breaks its word
            answer(ctx, current, ErrorAnswer.temporarilyUnavailable());
        }
    }

    private void rejected(ChannelHandlerContext ctx, Exchange current, Rejected rejected) {
        current.isGivenUp = true;
        if (current.isHeadDelivered) {
            phase = Phase.JUDGING; // while the application undoes, nothing else happens
            ctx.fireUserEventTriggered(rejected);
            if (exchange != current) {
                return; // which closed the channel
            }
        }
        answer(ctx, current, rejected.answer());
    }

    // ---- what goes on ----

    private boolean deliverHead(ChannelHandlerContext ctx) {
        Exchange current = exchange;
        if (current == null || current.isHeadDelivered) {
            return false;
        }
        current.isHeadDelivered = true;
        FullHttpRequest whole = current.whole;
        current.whole = null;
        fire(ctx, whole == null ? current.request : whole);
        if (whole != null) {
            delivered(ctx, current);
        }
        return true;
    }

    private boolean deliver(ChannelHandlerContext ctx) {
        Exchange current = exchange;
        if (current == null || !isWantedBehind(ctx)) {
            return false;
        }
        if (current.whole != null && current.held != null) {
            current.held.release(); // the message itself has the bytes
        }
        if (deliverHead(ctx)) {
            return true;
        }
        HeldBody held = current.held;
        ByteBuf chunk = held == null ? null : held.poll();
        boolean isEnd = current.isComplete && (held == null || held.isEmpty());
        if (isEnd) {
            LastHttpContent end = chunk == null ? current.last : current.last.replace(chunk);
            fire(ctx, end);
            delivered(ctx, current);
        } else if (chunk == null) {
            phase = Phase.STREAMING; // the rest is still to come
        } else {
            isWanted = false;
            fire(ctx, new DefaultHttpContent(chunk));
        }
        return true;
    }

    private void stream(ChannelHandlerContext ctx, Exchange current, HttpContent content) {
        if (current.passesThrough) {
            streamUnverified(ctx, current, content);
            return;
        }
        boolean isEnd = content instanceof LastHttpContent;
        fire(ctx, content);
        if (isEnd) {
            delivered(ctx, current);
        }
    }

    private void streamUnverified(ChannelHandlerContext ctx, Exchange current, HttpContent content) {
        Verification verification = current.verification;
        boolean isFiredOn = false;
        try {
            if (content.decoderResult().isFailure()) {
                giveUpUnreadable(ctx, current);
                return;
            }
            if (verification == null || !update(ctx, current, verification, content.content())) {
                return;
            }
            if (!(content instanceof LastHttpContent last)) {
                isFiredOn = true;
                fire(ctx, content);
                return;
            }
            if (last.content().isReadable()) {
                fire(ctx, new DefaultHttpContent(last.content().retain()));
                if (exchange != current) {
                    return;
                }
            }
            current.ends(last);
            judge(ctx, current, verification);
        } finally {
            if (!isFiredOn) {
                content.release();
            }
        }
    }

    private void delivered(ChannelHandlerContext ctx, Exchange current) {
        current.isDelivered = true;
        if (exchange == current && phase != Phase.UPGRADED) {
            phase = Phase.AWAITING;
            if (current.isAnswered) {
                end(ctx, current);
            }
        }
    }

    private void responseEnded(ChannelHandlerContext ctx, Exchange current) {
        if (exchange != current || phase == Phase.UPGRADED) {
            return;
        }
        current.isAnswered = true;
        // What is still to come of a body may not come any more after an upgrade; what is held goes on before it.
        if (current.isDelivered || (current.switchesProtocol() && phase == Phase.STREAMING)) {
            end(ctx, current);
        }
        pump(ctx);
    }

    private void end(ChannelHandlerContext ctx, Exchange current) {
        if (current.switchesProtocol()) {
            phase = Phase.UPGRADED; // and the mark stays
            return;
        }
        forget(ctx);
        if (isStream) {
            phase = Phase.CLOSED;
        } else if (current.isLastOne) {
            phase = Phase.CLOSED;
            ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        } else {
            phase = Phase.IDLE;
        }
    }

    private void forget(ChannelHandlerContext ctx) {
        exchange = null;
        ctx.channel().attr(PASSED).set(null);
        ctx.channel().attr(VERDICT).set(null);
    }

    // ---- what does not go on ----

    /** For a reason of the adapter's own. */
    private void giveUp(ChannelHandlerContext ctx, Exchange current, String detail, ErrorAnswer answer) {
        current.isGivenUp = true;
        Verification verification = current.verification;
        if (verification != null) {
            verification.cancel(detail);
        }
        answer(ctx, current, answer);
    }

    /** The framing of the body is broken: nobody knows where it ends. */
    private void giveUpUnreadable(ChannelHandlerContext ctx, Exchange current) {
        current.isGivenUp = true;
        Verification verification = current.verification;
        if (verification != null) {
            verification.cancel("the framing of the body is broken");
            Rejected rejected = verification.rejection().orElse(null);
            if (current.isHeadDelivered && rejected != null) {
                ctx.fireUserEventTriggered(rejected);
            }
        }
        boolean isAnswerBegun = current.isAnswerBegun;
        current.release();
        if (exchange == current) {
            forget(ctx);
            if (isAnswerBegun) {
                phase = Phase.CLOSED;
                ctx.close();
            } else {
                answerUnreadable(ctx);
            }
        }
    }

    private void answerUnreadable(ChannelHandlerContext ctx) {
        CharSequence connection = isStream ? null : HttpHeaderValues.CLOSE;
        phase = Phase.CLOSED;
        ctx.writeAndFlush(Answers.of(ErrorAnswer.invalidRequest(), null, connection))
                .addListener(written -> close(ctx));
    }

    private void refuseSetUp(ChannelHandlerContext ctx, Exchange current, String words) {
        IllegalStateException fault = new IllegalStateException(words);
        Route route = settings.routes.match(current.request.uri());
        ErrorAnswer answer = ErrorAnswer.temporarilyUnavailable();
        RequestVerifier verifier = route.verifier().orElse(null);
        if (verifier != null) {
            Verification verification = verifier.begin(current.head, Caller.on(ctx.executor()));
            verification.fail(fault); // so that it stands in the event
            answer = verification.rejection().map(Rejected::answer).orElse(answer);
        }
        current.isLastOne = true;
        answer(ctx, current, answer);
        ctx.fireExceptionCaught(fault);
    }

    private void refuseConnection(ChannelHandlerContext ctx, Object msg, String words) {
        ReferenceCountUtil.release(msg);
        abandon(ctx, "a message that is none of HTTP");
        ctx.close();
        ctx.fireExceptionCaught(new IllegalStateException(words));
    }

    /** Answers the request, whatever has come of it, and ends the exchange. */
    private void answer(ChannelHandlerContext ctx, Exchange current, ErrorAnswer answer) {
        current.release();
        forget(ctx);
        if (current.isAnswerBegun) { // there is no room for another one
            phase = Phase.CLOSED;
            ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> close(ctx));
            return;
        }
        boolean isMoreToCome = !current.isComplete && current.head.announcesBody();
        boolean isWithheld = current.waitsForContinue() && inbox.isEmpty();
        if (isStream) {
            phase = Phase.CLOSED;
            ChannelFuture written = ctx.writeAndFlush(Answers.of(answer, current.request, null));
            if (!current.isComplete) {
                written.addListener(sent -> close(ctx));
            }
            return;
        }
        boolean keepsAlive = !isMoreToCome && !current.isLastOne && !current.isHeadDelivered;
        CharSequence connection =
                !keepsAlive ? HttpHeaderValues.CLOSE : current.isHttp10() ? HttpHeaderValues.KEEP_ALIVE : null;
        phase = Phase.CLOSED;
        ChannelFuture written = ctx.writeAndFlush(Answers.of(answer, current.request, connection));
        if (!ctx.channel().isActive()) {
            return; // nothing is to be read any more
        }
        if (keepsAlive) {
            phase = current.isComplete ? Phase.IDLE : Phase.SKIPPING;
        } else if (!isMoreToCome || isWithheld || !settings.beginDrain()) {
            written.addListener(ChannelFutureListener.CLOSE);
        } else {
            Future<?> limit =
                    ctx.executor().schedule(() -> endDrain(ctx, true), settings.maxDrainNanos, TimeUnit.NANOSECONDS);
            drain = new Drain(written, limit);
            phase = Phase.DRAINING;
            isReadHeldBack = true;
        }
    }

    private void drop(ChannelHandlerContext ctx, HttpContent content) {
        Drain current = drain;
        if (current == null) {
            return;
        }
        current.dropped += content.content().readableBytes();
        if (content instanceof LastHttpContent || current.dropped > settings.maxDrainBytes) {
            endDrain(ctx, false);
        }
    }

    private void endDrain(ChannelHandlerContext ctx, boolean isOverdue) {
        Drain ended = drain;
        if (ended == null) {
            return;
        }
        drain = null;
        phase = Phase.CLOSED;
        settings.drainEnded();
        ended.limit.cancel(false);
        if (isOverdue) {
            ctx.close();
        } else {
            ended.answer.addListener(ChannelFutureListener.CLOSE);
        }
    }

    private void close(ChannelHandlerContext ctx) {
        if (isStream) {
            Streams.end(ctx);
        } else {
            ctx.close();
        }
    }

    /** Nothing can come of what is here. May be called again. */
    private void abandon(ChannelHandlerContext ctx, String why) {
        Exchange current = exchange;
        boolean isUpgraded = phase == Phase.UPGRADED;
        phase = Phase.CLOSED;
        if (current != null) {
            current.isGivenUp = true;
            Verification verification = current.verification;
            if (verification != null) {
                verification.cancel(why);
            }
            current.release();
        }
        if (current != null || isUpgraded) {
            forget(ctx);
        }
        for (Object msg = inbox.poll(); msg != null; msg = inbox.poll()) {
            ReferenceCountUtil.release(msg);
        }
        settings.budget.give(inboxCharge);
        inboxCharge = 0;
        Drain ended = drain;
        if (ended != null) {
            drain = null;
            settings.drainEnded();
            ended.limit.cancel(false);
        }
    }

    private static void onLoop(ChannelHandlerContext ctx, Runnable task) {
        if (ctx.executor().inEventLoop()) {
            task.run();
            return;
        }
        try {
            ctx.executor().execute(task);
        } catch (RejectedExecutionException stopped) {
            // The loop is at its end, and its channels are closed.
        }
    }
}
