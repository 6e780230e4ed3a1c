package dev.countersign.servlet.multipart;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.commons.fileupload2.core.AbstractFileUpload;
import org.apache.commons.fileupload2.core.DiskFileItem;
import org.apache.commons.fileupload2.core.DiskFileItemFactory;
import org.apache.commons.fileupload2.core.FileItemHeaders;
import org.apache.commons.fileupload2.core.FileItemInput;
import org.apache.commons.fileupload2.core.FileItemInputIterator;
import org.apache.commons.fileupload2.core.FileUploadSizeException;
import org.apache.commons.fileupload2.core.RequestContext;
import org.jspecify.annotations.Nullable;

/** Takes a body that is in memory apart, with commons-fileupload2's streaming parser. Thread-safe. */
public final class MultipartReader {
    private final int maxParts;
    private final int maxPartHeaderBytes;
    private final long maxPartBytes;

    /** Reads bodies within these limits. */
    public MultipartReader(int maxParts, int maxPartHeaderBytes, long maxPartBytes) {
        this.maxParts = maxParts;
        this.maxPartHeaderBytes = maxPartHeaderBytes;
        this.maxPartBytes = maxPartBytes;
    }

    /**
     * A part.
     *
     * @param name of the form's field
     * @param fileName as the client wrote it; null for a field that is no file
     * @param headers by their names in lower case
     * @param content all of it
     */
    @SuppressWarnings("ArrayRecordComponent") // between two packages of one module; never compared
    public record Part(String name, @Nullable String fileName, Map<String, List<String>> headers, byte[] content) {}

    /** A body passes a limit. */
    public static final class TooLargeException extends IOException {
        private static final long serialVersionUID = 1L;

        TooLargeException(String limit) {
            super("a multipart body passes " + limit);
        }

        TooLargeException(Throwable cause) {
            super("a multipart body passes a limit", cause);
        }
    }

    /**
     * The parts with names, in their order.
     *
     * @param body opens the body at its beginning
     * @throws TooLargeException if a limit is passed
     * @throws IOException if the body has not the form
     */
    public List<Part> read(Supplier<InputStream> body, long size, String contentType) throws IOException {
        try {
            return parts(body, size, contentType);
        } catch (FileUploadSizeException over) {
            throw new TooLargeException(over);
        } catch (RuntimeException malformed) {
            throw new IOException("a multipart body has not the form", malformed);
        }
    }

    private List<Part> parts(Supplier<InputStream> body, long size, String contentType) throws IOException {
        Upload upload = new Upload();
        upload.setMaxPartHeaderSize(maxPartHeaderBytes);
        upload.setHeaderCharset(StandardCharsets.UTF_8); // as browsers write names
        FileItemInputIterator items = upload.getItemIterator(new Sent(body, size, contentType));
        List<Part> parts = new ArrayList<>();
        int count = 0;
        while (items.hasNext()) {
            if (++count > maxParts) {
                throw new TooLargeException("maxParts, " + maxParts);
            }
            FileItemInput item = items.next();
            String name = item.getFieldName();
            byte[] content;
            try (InputStream in = item.getInputStream()) {
                content = in.readAllBytes(); // no more than the body, which is in memory
            }
            if (content.length > maxPartBytes) {
                throw new TooLargeException("the limit for one part, " + maxPartBytes + " bytes");
            }
            if (name != null) {
                parts.add(new Part(
                        name, item.isFormField() ? null : item.getName(), headersOf(item.getHeaders()), content));
            }
        }
        if (count == 0 && !beginsWith(body, upload.getBoundary(contentType))) {
            throw new IOException("a multipart body has no boundary");
        }
        return parts;
    }

    /** A form without fields is its end alone. */
    private static boolean beginsWith(Supplier<InputStream> body, byte[] boundary) throws IOException {
        byte[] start = body.get().readNBytes(boundary.length + 2);
        return start.length == boundary.length + 2
                && start[0] == '-'
                && start[1] == '-'
                && Arrays.equals(start, 2, start.length, boundary, 0, boundary.length);
    }

    private static Map<String, List<String>> headersOf(@Nullable FileItemHeaders headers) {
        Map<String, List<String>> values = new LinkedHashMap<>();
        if (headers != null) {
            for (Iterator<String> names = headers.getHeaderNames(); names.hasNext(); ) {
                String name = names.next();
                List<String> all = new ArrayList<>();
                headers.getHeaders(name).forEachRemaining(all::add);
                values.put(name.toLowerCase(Locale.ROOT), all);
            }
        }
        return values;
    }

    private record Sent(Supplier<InputStream> body, long size, String contentType) implements RequestContext {
        @Override
        public String getCharacterEncoding() {
            return StandardCharsets.UTF_8.name();
        }

        @Override
        public Charset getCharset() {
            return StandardCharsets.UTF_8;
        }

        @Override
        public long getContentLength() {
            return size;
        }

        @Override
        public String getContentType() {
            return contentType;
        }

        @Override
        public InputStream getInputStream() {
            return body.get();
        }

        @Override
        public boolean isMultipartRelated() {
            return false;
        }
    }

    /** For its iterator alone: the rest of the class writes files. */
    private static final class Upload extends AbstractFileUpload<Void, DiskFileItem, DiskFileItemFactory> {
        @Override
        public FileItemInputIterator getItemIterator(Void none) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Map<String, List<DiskFileItem>> parseParameterMap(Void none) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<DiskFileItem> parseRequest(Void none) {
            throw new UnsupportedOperationException();
        }
    }
}
