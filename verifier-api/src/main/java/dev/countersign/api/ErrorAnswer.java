package dev.countersign.api;

import dev.countersign.api.verifier.ForVerifiers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * The ready-made HTTP answer to a rejected request (protocol, Answers): every adapter sends it as it is, so that all
 * answer alike. A verifier of another scheme may bring its own. The JSON body is the one that every known client can read; {@code x-server-timestamp} stands in an
 * answer with {@code CLOCK_SKEW} and in no other: clients correct their clock by it wherever the body of a 401 is a JSON object
 * with the strings {@code status}, {@code code} and {@code message}, as that of every rejection is.
 *
 * <p>Immutable and thread-safe.
 */
public final class ErrorAnswer {
    private static final String CHALLENGE = "Synheart-Signature version=\"1\"";

    private final int status;
    private final Map<String, String> headers;
    private final byte[] body;

    private ErrorAnswer(int status, Map<String, String> headers, byte[] body) {
        this.status = status;
        this.headers = Collections.unmodifiableMap(headers);
        this.body = body;
    }

    /**
     * @param code what the client gets
     * @param serverTimestamp Unix seconds of the server, sent with {@link PublicCode#CLOCK_SKEW} only
     * @param retryAfterSeconds sent with status 503 only, at least 1 then
     */
    static ErrorAnswer of(PublicCode code, long serverTimestamp, int retryAfterSeconds) {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("Content-Type", "application/json");
        headers.put("Cache-Control", "no-store");
        headers.put(SignedHeaders.ERROR, code.name());
        String extra = "";
        if (code.status() == 401) {
            headers.put("WWW-Authenticate", CHALLENGE);
        }
        if (code.status() == 503) {
            if (retryAfterSeconds < 1) {
                throw new IllegalArgumentException("Retry-After is at least 1");
            }
            headers.put("Retry-After", Integer.toString(retryAfterSeconds));
            extra = ",\"retry_after\":" + retryAfterSeconds;
        }
        if (code == PublicCode.CLOCK_SKEW) {
            headers.put(SignedHeaders.SERVER_TIMESTAMP, Long.toString(serverTimestamp));
            extra = ",\"server_timestamp\":" + serverTimestamp;
        }
        // Codes and messages are constants of PublicCode: letters, underscores and plain sentences, nothing to escape.
        String json = "{\"status\":\"error\",\"code\":\"" + code + "\",\"message\":\"" + code.message()
                + "\",\"error_code\":\"" + code + "\",\"error_description\":\"" + code.message()
                + "\",\"error\":{\"code\":\"" + code + "\",\"message\":\"" + code.message() + "\"}" + extra + "}";
        return new ErrorAnswer(code.status(), headers, json.getBytes(StandardCharsets.US_ASCII));
    }

    /**
     * The answer of a server that cannot decide now, for adapters: where no thread is free to verify, or nobody waits for the
     * verdict any more. As that of a verifier whose store is unavailable.
     */
    public static ErrorAnswer temporarilyUnavailable() {
        return of(PublicCode.TEMPORARILY_UNAVAILABLE, 0, 1);
    }

    /**
     * The answer to a request that does not have the form of a signed one, for adapters: where its path could be read in two
     * ways, and so nobody can say what would verify it.
     */
    public static ErrorAnswer invalidRequest() {
        return of(PublicCode.INVALID_REQUEST, 0, 0);
    }

    /**
     * The answer to a body that is longer than an adapter holds, for adapters. As that of a verifier to one that is longer than it
     * takes.
     */
    public static ErrorAnswer bodyTooLarge() {
        return of(PublicCode.BODY_TOO_LARGE, 0, 0);
    }

    /**
     * For verifiers of schemes whose clients read other answers; they alone have the last argument.
     *
     * @param status 400 to 599
     * @param headers in the order to send, without {@code Content-Length}; copied
     * @param body copied
     */
    @SuppressWarnings("exports")
    public static ErrorAnswer of(int status, Map<String, String> headers, byte[] body, ForVerifiers only) {
        Objects.requireNonNull(only, "only");
        if (status < 400 || status > 599) {
            throw new IllegalArgumentException("the status of a refusal is 400 to 599, not " + status);
        }
        return new ErrorAnswer(status, new LinkedHashMap<>(headers), body.clone());
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }

    /** Name and value of each header, in the order to send; without {@code Content-Length}. Unmodifiable. */
    public Map<String, String> headers() {
        return headers;
    }

    /** The JSON body in UTF-8. A copy. */
    public byte[] body() {
        return body.clone();
    }

    /** The JSON body as a read-only buffer of its own; copies nothing. */
    public ByteBuffer bodyBuffer() {
        return ByteBuffer.wrap(body).asReadOnlyBuffer();
    }

    @Override
    public String toString() {
        String code = headers.get(SignedHeaders.ERROR);
        return "ErrorAnswer[" + status + (code == null ? "" : " " + code) + "]";
    }
}
