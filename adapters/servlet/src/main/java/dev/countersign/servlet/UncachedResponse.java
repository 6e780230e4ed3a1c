package dev.countersign.servlet;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The response to a verified request. When it is committed it has {@code Cache-Control: no-store}, unless somebody has
 * said by then whether it may be cached. Nobody outside the container knows when a write commits: so the header is there from the first
 * byte on, is not seen by who asks for it, and gives way to what the application says afterwards. As with any response, one thread at a
 * time.
 */
final class UncachedResponse extends HttpServletResponseWrapper {
    private static final String CACHE_CONTROL = "Cache-Control";
    private static final String EXPIRES = "Expires";
    private static final String PRAGMA = "Pragma";
    private static final RedirectWithStatus REDIRECT = RedirectWithStatus.find();

    private @Nullable ServletOutputStream stream;
    private @Nullable PrintWriter writer;
    /** Whether the header is of this class. */
    private boolean isOurs;

    UncachedResponse(HttpServletResponse response) {
        super(response);
    }

    /** The response is about to be committed, or may be. */
    void beforeCommit() {
        if (!isCommitted()
                && !super.containsHeader(CACHE_CONTROL)
                && !super.containsHeader(EXPIRES)
                && !super.containsHeader(PRAGMA)) {
            super.setHeader(CACHE_CONTROL, "no-store");
            isOurs = true;
        }
    }

    // ---- what commits

    @Override
    public void flushBuffer() throws IOException {
        beforeCommit();
        super.flushBuffer();
    }

    @Override
    public void sendError(int status) throws IOException {
        beforeCommit();
        super.sendError(status);
    }

    @Override
    public void sendError(int status, String message) throws IOException {
        beforeCommit();
        super.sendError(status, message);
    }

    @Override
    public void sendRedirect(String location) throws IOException {
        beforeCommit();
        super.sendRedirect(location);
    }

    /** Overrides a method that the servlet API has from 6.1 on. */
    public void sendRedirect(String location, int status, boolean clearBuffer) throws IOException {
        beforeCommit();
        REDIRECT.send((HttpServletResponse) getResponse(), location, status, clearBuffer);
    }

    /** Overrides a method that the servlet API has from 6.1 on. */
    public void sendRedirect(String location, int status) throws IOException {
        sendRedirect(location, status, true);
    }

    /** Overrides a method that the servlet API has from 6.1 on. */
    public void sendRedirect(String location, boolean clearBuffer) throws IOException {
        sendRedirect(location, SC_FOUND, clearBuffer);
    }

    @Override
    public void reset() {
        super.reset();
        isOurs = false;
        stream = null;
        writer = null;
    }

    // ---- the announced length: a container may commit where nothing is missing to it

    @Override
    public void setContentLength(int length) {
        beforeCommit();
        super.setContentLength(length);
    }

    @Override
    public void setContentLengthLong(long length) {
        beforeCommit();
        super.setContentLengthLong(length);
    }

    // ---- what the application says

    @Override
    public boolean containsHeader(String name) {
        return !isHidden(name) && super.containsHeader(name);
    }

    @Override
    public @Nullable String getHeader(String name) {
        return isHidden(name) ? null : super.getHeader(name);
    }

    @Override
    public Collection<String> getHeaders(String name) {
        return isHidden(name) ? List.of() : super.getHeaders(name);
    }

    private boolean isHidden(@Nullable String name) {
        return isOurs && is(CACHE_CONTROL, name);
    }

    private static boolean is(String header, @Nullable String name) {
        return name != null && name.toLowerCase(Locale.ROOT).equals(header.toLowerCase(Locale.ROOT));
    }

    /** Before a header is set, or one is added. */
    private void beforeHeader(@Nullable String name) {
        if (is("Content-Length", name)) {
            beforeCommit();
        } else if (isOurs && !isCommitted() && isAboutCaching(name)) {
            isOurs = false;
            // Some containers remove nothing: then the value stays beside an Expires or Pragma, and one of
            // Cache-Control replaces it.
            super.setHeader(CACHE_CONTROL, null);
        }
    }

    private static boolean isAboutCaching(@Nullable String name) {
        return is(CACHE_CONTROL, name) || is(EXPIRES, name) || is(PRAGMA, name);
    }

    @Override
    public void setHeader(String name, @Nullable String value) {
        beforeHeader(name);
        super.setHeader(name, value);
    }

    @Override
    public void addHeader(String name, @Nullable String value) {
        boolean replaces = isHidden(name);
        beforeHeader(name);
        if (replaces) {
            super.setHeader(name, value);
        } else {
            super.addHeader(name, value);
        }
    }

    @Override
    public void setIntHeader(String name, int value) {
        beforeHeader(name);
        super.setIntHeader(name, value);
    }

    @Override
    public void addIntHeader(String name, int value) {
        beforeHeader(name);
        super.addIntHeader(name, value);
    }

    @Override
    public void setDateHeader(String name, long value) {
        beforeHeader(name);
        super.setDateHeader(name, value);
    }

    @Override
    public void addDateHeader(String name, long value) {
        beforeHeader(name);
        super.addDateHeader(name, value);
    }

    // ---- the body

    @Override
    public ServletOutputStream getOutputStream() throws IOException {
        if (stream == null) {
            stream = new WatchedStream(super.getOutputStream());
        }
        return stream;
    }

    @Override
    public PrintWriter getWriter() throws IOException {
        if (writer == null) {
            writer = new WatchedWriter(super.getWriter());
        }
        return writer;
    }

    private final class WatchedStream extends ServletOutputStream {
        private final ServletOutputStream to;

        WatchedStream(ServletOutputStream to) {
            this.to = to;
        }

        @Override
        public void write(int value) throws IOException {
            beforeCommit();
            to.write(value);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            beforeCommit();
            to.write(bytes, offset, length);
        }

        @Override
        public void flush() throws IOException {
            beforeCommit();
            to.flush();
        }

        @Override
        public void close() throws IOException {
            beforeCommit();
            to.close();
        }

        @Override
        public boolean isReady() {
            return to.isReady();
        }

        @Override
        public void setWriteListener(WriteListener listener) {
            to.setWriteListener(listener);
        }
    }

    private final class WatchedWriter extends PrintWriter {
        WatchedWriter(PrintWriter to) {
            super(to);
        }

        @Override
        public void write(int character) {
            beforeCommit();
            super.write(character);
        }

        @Override
        public void write(char[] characters, int offset, int length) {
            beforeCommit();
            super.write(characters, offset, length);
        }

        @Override
        public void write(String text, int offset, int length) {
            beforeCommit();
            super.write(text, offset, length);
        }

        @Override
        public void println() {
            beforeCommit();
            super.println();
        }

        @Override
        public void flush() {
            beforeCommit();
            super.flush();
        }

        @Override
        public void close() {
            beforeCommit();
            super.close();
        }
    }
}
