package dev.countersign.servlet;

import jakarta.servlet.MultipartConfigElement;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.commons.fileupload2.core.AbstractFileUpload;
import org.apache.commons.fileupload2.core.DiskFileItem;
import org.apache.commons.fileupload2.core.DiskFileItemFactory;
import org.apache.commons.fileupload2.core.FileItemHeaders;
import org.apache.commons.fileupload2.core.FileItemInput;
import org.apache.commons.fileupload2.core.FileItemInputIterator;
import org.apache.commons.fileupload2.core.FileUploadException;
import org.apache.commons.fileupload2.core.FileUploadSizeException;
import org.apache.commons.fileupload2.core.RequestContext;
import org.jspecify.annotations.Nullable;

/** Takes a verified body apart with commons-fileupload2, which an application adds if it has such requests. */
final class MultipartBody {
    private final MultipartLimits limits;
    private final @Nullable MultipartConfigElement container;
    private final Path folder;

    /**
     * @param container the container's multipart configuration, where it can be seen
     * @param folder what a part is written to under a relative name
     */
    MultipartBody(MultipartLimits limits, @Nullable MultipartConfigElement container, Path folder) {
        this.limits = limits;
        this.container = container;
        this.folder = folder;
    }

    /**
     * The parts, in their order.
     *
     * @throws MultipartException if a limit is passed, or the body has not the form
     */
    List<VerifiedPart> parse(BodyBuffer body, String contentType) {
        try {
            return partsOf(body, contentType);
        } catch (FileUploadSizeException over) {
            throw new MultipartException(MultipartException.TOO_LARGE, "a multipart body passes a limit", over);
        } catch (IOException | UncheckedIOException | IllegalArgumentException | IllegalStateException malformed) {
            if (malformed instanceof MultipartException known) {
                throw known;
            }
            throw new MultipartException(MultipartException.MALFORMED, "a multipart body has not the form", malformed);
        }
    }

    private List<VerifiedPart> partsOf(BodyBuffer body, String contentType) throws IOException {
        if (container != null && container.getMaxRequestSize() >= 0 && body.size() > container.getMaxRequestSize()) {
            throw tooLarge("maxRequestSize of the container's multipart configuration");
        }
        List<VerifiedPart> parts = new ArrayList<>();
        Upload upload = new Upload();
        upload.setMaxPartHeaderSize(limits.maxPartHeaderBytes());
        upload.setHeaderCharset(StandardCharsets.UTF_8); // as browsers write names
        FileItemInputIterator items = upload.getItemIterator(new Sent(body, contentType));
        int count = 0;
        while (items.hasNext()) {
            if (++count > limits.maxParts()) {
                throw tooLarge("maxParts, " + limits.maxParts());
            }
            FileItemInput item = items.next();
            String name = item.getFieldName();
            byte[] content;
            try (InputStream in = item.getInputStream()) {
                content = in.readAllBytes(); // no more than the body, which is in memory
            }
            if (content.length > limits.maxPartBytes()) {
                throw tooLarge("maxPartBytes, " + limits.maxPartBytes());
            }
            if (container != null && container.getMaxFileSize() >= 0 && content.length > container.getMaxFileSize()) {
                throw tooLarge("maxFileSize of the container's multipart configuration");
            }
            if (name != null) {
                String fileName = item.isFormField() ? null : item.getName();
                parts.add(new VerifiedPart(name, fileName, headersOf(item.getHeaders()), content, folder));
            }
        }
        if (count == 0 && !beginsWith(body, upload.getBoundary(contentType))) {
            throw new MultipartException(MultipartException.MALFORMED, "a multipart body has no boundary");
        }
        return Collections.unmodifiableList(parts);
    }

    /** A form without fields is its end alone. */
    private static boolean beginsWith(BodyBuffer body, byte[] boundary) throws IOException {
        byte[] start = body.reader().readNBytes(boundary.length + 2);
        return start.length == boundary.length + 2
                && start[0] == '-'
                && start[1] == '-'
                && Arrays.equals(start, 2, start.length, boundary, 0, boundary.length);
    }

    private static MultipartException tooLarge(String limit) {
        return new MultipartException(MultipartException.TOO_LARGE, "a multipart body passes " + limit);
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

    private record Sent(BodyBuffer body, String contentType) implements RequestContext {
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
            return body.size();
        }

        @Override
        public String getContentType() {
            return contentType;
        }

        @Override
        public InputStream getInputStream() {
            return body.reader();
        }

        @Override
        public boolean isMultipartRelated() {
            return false;
        }
    }

    /** For its iterator alone: the rest of the class writes files. */
    private static final class Upload extends AbstractFileUpload<BodyBuffer, DiskFileItem, DiskFileItemFactory> {
        @Override
        public FileItemInputIterator getItemIterator(BodyBuffer body) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Map<String, List<DiskFileItem>> parseParameterMap(BodyBuffer body) throws FileUploadException {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<DiskFileItem> parseRequest(BodyBuffer body) throws FileUploadException {
            throw new UnsupportedOperationException();
        }
    }
}
