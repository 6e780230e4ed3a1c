package dev.countersign.netty;

import dev.countersign.api.Verification;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import org.jspecify.annotations.Nullable;

/** One request and the response to it. For the event loop alone. */
final class Exchange {
    final HttpRequest request;
    final NettyHead head;
    /** The request itself, if it came in one message with its end; owned until it is delivered. */
    @Nullable FullHttpRequest whole;

    /** Null while the request is open or refused. */
    @Nullable Verification verification;

    @Nullable HeldBody held;
    /** The end of a held request. */
    LastHttpContent last = LastHttpContent.EMPTY_LAST_CONTENT;
    /** Whether its verdict is not waited for any more. */
    boolean isGivenUp;

    boolean isWatched;
    /** Whether the head goes on before there is a verdict. */
    boolean passesThrough;
    /** Whether the client heard that it may send its body. */
    boolean isContinued;

    boolean isComplete;
    boolean isHeadDelivered;
    boolean isDelivered;

    boolean isAnswerBegun;
    boolean isAnswered;
    /** Whether no other request can follow on the connection. */
    boolean isLastOne;

    private boolean isInterim;
    private boolean switchesProtocol;

    Exchange(HttpRequest request) {
        this.request = request;
        this.head = new NettyHead(request);
        this.whole = request instanceof FullHttpRequest full ? full : null;
        this.isComplete = whole != null;
        this.isLastOne = !HttpUtil.isKeepAlive(request);
    }

    boolean isHttp10() {
        return request.protocolVersion().equals(HttpVersion.HTTP_1_0);
    }

    /** Whether the client sends no body before it is asked to. */
    boolean waitsForContinue() {
        return !isContinued && !isComplete && HttpUtil.is100ContinueExpected(request);
    }

    /** Keeps the trailers, not the bytes. */
    void ends(LastHttpContent end) {
        isComplete = true;
        if (!end.trailingHeaders().isEmpty()) {
            last = new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER);
            last.trailingHeaders().set(end.trailingHeaders());
        }
    }

    /** The application begins a response: an interim or the final one. */
    void responseBegins(HttpResponse response) {
        int code = response.status().code();
        boolean connects =
                HttpMethod.CONNECT.equals(request.method()) && response.status().codeClass() == HttpStatusClass.SUCCESS;
        switchesProtocol = code == HttpResponseStatus.SWITCHING_PROTOCOLS.code() || connects;
        isInterim = response.status().codeClass() == HttpStatusClass.INFORMATIONAL && !switchesProtocol;
        if (!isInterim) {
            isAnswerBegun = true;
            isLastOne |= !HttpUtil.isKeepAlive(response);
        }
    }

    boolean isInterim() {
        return isInterim;
    }

    boolean switchesProtocol() {
        return switchesProtocol;
    }

    /** Drops what is held. May be called again. */
    void release() {
        HeldBody dropped = held;
        held = null;
        if (dropped != null) {
            dropped.release();
        }
        FullHttpRequest full = whole;
        whole = null;
        if (full != null) {
            full.release();
        }
    }
}
