package dev.countersign.servlet;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The response to a verified request. Right before it is committed it gets {@code Cache-Control: no-store}, unless somebody has
 * said by then whether it may be cached. As with any response, one thread at a time.
 */
final class UncachedResponse extends HttpServletResponseWrapper {
    private static final String CACHE_CONTROL = "Cache-Control";
    private static final int MOST_BYTES_OF_A_CHARACTER = 4;
    private static final RedirectWithStatus REDIRECT = RedirectWithStatus.find();

    private @Nullable ServletOutputStream stream;
    private @Nullable PrintWriter writer;
    private long written;
    private long contentLength = -1;

    UncachedResponse(HttpServletResponse response) {
        super(response);
    }

    /** The response is about to be committed, or may be. */
    void beforeCommit() {
        if (!isCommitted()
                && !containsHeader(CACHE_CONTROL)
                && !containsHeader("Expires")
                && !containsHeader("Pragma")) {
            super.setHeader(CACHE_CONTROL, "no-store");
        }
    }

    /** So many bytes are about to be written: the container commits when its buffer, or the response, is full. */
    private void beforeWriting(long bytes) {
        written += bytes;
        if (written >= getBufferSize() || (contentLength >= 0 && written >= contentLength)) {
            beforeCommit();
        }
    }

    private void contentLengthIs(long length) {
        contentLength = length;
        if (length >= 0 && written >= length) {
            beforeCommit();
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
        written = 0;
        contentLength = -1;
        stream = null;
        writer = null;
    }

    @Override
    public void resetBuffer() {
        super.resetBuffer();
        written = 0;
    }

    // ---- the announced length

    @Override
    public void setContentLength(int length) {
        super.setContentLength(length);
        contentLengthIs(length);
    }

    @Override
    public void setContentLengthLong(long length) {
        super.setContentLengthLong(length);
        contentLengthIs(length);
    }

    @Override
    public void setHeader(String name, String value) {
        super.setHeader(name, value);
        headerIs(name, value);
    }

    @Override
    public void addHeader(String name, String value) {
        super.addHeader(name, value);
        headerIs(name, value);
    }

    private void headerIs(String name, @Nullable String value) {
        if (value != null && name != null && name.toLowerCase(Locale.ROOT).equals("content-length")) {
            // Whatever it says: from here on any write may be the last one.
            contentLengthIs(0);
        }
    }

    @Override
    public void setIntHeader(String name, int value) {
        super.setIntHeader(name, value);
        headerIs(name, "");
    }

    @Override
    public void addIntHeader(String name, int value) {
        super.addIntHeader(name, value);
        headerIs(name, "");
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
            beforeWriting(1);
            to.write(value);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            beforeWriting(length);
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
            beforeWriting(MOST_BYTES_OF_A_CHARACTER);
            super.write(character);
        }

        @Override
        public void write(char[] characters, int offset, int length) {
            beforeWriting((long) MOST_BYTES_OF_A_CHARACTER * length);
            super.write(characters, offset, length);
        }

        @Override
        public void write(String text, int offset, int length) {
            beforeWriting((long) MOST_BYTES_OF_A_CHARACTER * length);
            super.write(text, offset, length);
        }

        @Override
        public void println() {
            beforeWriting(2);
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
