package dev.countersign.servlet;

import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** What the head says of a body, and whether that is what there is to read: a filter in front may have read it already. */
final class SentBody {
    private static final String ADVICE =
            ": map CountersignFilter in front of everything that reads bodies or parameters (filters"
                    + " for forms, for PUT parameters, for logging, getParameter() in a filter) or changes them (decompression)";

    private static final String READ = "the body of a request was read before it was verified";

    private final HttpServletRequest sent;
    private final long length;
    private final boolean isAnnounced;

    /** @param sent the container's own request */
    SentBody(HttpServletRequest sent) {
        this.sent = sent;
        this.length = sent.getContentLengthLong();
        this.isAnnounced = length > 0 || sent.getHeader("Transfer-Encoding") != null;
    }

    /**
     * The stream of the body, which nobody has begun to read as far as one can tell.
     *
     * @param request as it came here, in its wrappers: what the application would read
     * @throws SetupFault if somebody has
     */
    ServletInputStream open(HttpServletRequest request) throws IOException {
        ServletInputStream in;
        try {
            in = request.getInputStream();
        } catch (IllegalStateException readerTaken) {
            throw new SetupFault("getReader() was called for a request before it was verified" + ADVICE, readerTaken);
        }
        if (isAnnounced && in.isFinished()) {
            throw new SetupFault(READ + ADVICE);
        }
        return in;
    }

    /**
     * The body has ended without an error: then it has its length.
     *
     * @throws SetupFault if not: a body that the client cuts ends with an error
     */
    void requireComplete(long read) {
        if (length >= 0 && read != length) {
            throw new SetupFault("a body has " + read + " bytes, and " + length
                    + " were announced: it was read in part, or changed," + " before it was verified" + ADVICE);
        }
        if (isAnnounced && read == 0 && hasParametersOfABody()) {
            throw new SetupFault(READ + ADVICE);
        }
    }

    /** Whether a body of this many bytes is all that was announced; false where nothing was. */
    boolean isWhole(long read) {
        return length > 0 && read == length;
    }

    /** Some containers read a form past their stream, which looks as if an empty body were still to come. */
    private boolean hasParametersOfABody() {
        FormParameters inQuery = new FormParameters();
        try {
            String query = sent.getQueryString();
            if (query != null) {
                inQuery.add(new ByteArrayInputStream(FormParameters.bytesOf(query)), StandardCharsets.UTF_8);
            }
            // The stream is open: no container begins to read a form now.
            Map<String, String[]> all = sent.getParameterMap();
            return count(all) > count(inQuery.toMap());
        } catch (RuntimeException unreadableQuery) {
            return false;
        }
    }

    private static int count(Map<String, String[]> parameters) {
        return parameters.values().stream().mapToInt(values -> values.length).sum();
    }
}
