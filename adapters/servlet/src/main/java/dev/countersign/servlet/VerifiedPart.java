package dev.countersign.servlet;

import jakarta.servlet.http.Part;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A part of a verified body, in memory.
 *
 * @param name of the form's field
 * @param fileName as the client wrote it; null for a field that is no file
 * @param headers by their names in lower case
 * @param folder what a relative name is written to
 */
@SuppressWarnings("ArrayRecordComponent") // private to this package; never compared
record VerifiedPart(
        String name, @Nullable String fileName, Map<String, List<String>> headers, byte[] content, Path folder)
        implements Part {
    @Override
    public InputStream getInputStream() {
        return new ByteArrayInputStream(content);
    }

    @Override
    public @Nullable String getContentType() {
        return getHeader("content-type");
    }

    @Override
    public String getName() {
        return name;
    }

    @Override
    public @Nullable String getSubmittedFileName() {
        return fileName;
    }

    @Override
    public long getSize() {
        return content.length;
    }

    /** The content as a form's field, in this charset. */
    String text(Charset charset) {
        return new String(content, charset);
    }

    @Override
    public void write(String file) throws IOException {
        Files.write(folder.resolve(file), content);
    }

    /** There is no file. */
    @Override
    public void delete() {}

    @Override
    public @Nullable String getHeader(String header) {
        List<String> values = headers.get(header.toLowerCase(Locale.ROOT));
        return values == null ? null : values.get(0);
    }

    @Override
    public Collection<String> getHeaders(String header) {
        return headers.getOrDefault(header.toLowerCase(Locale.ROOT), List.of());
    }

    @Override
    public Collection<String> getHeaderNames() {
        return headers.keySet();
    }

    /** Shows nothing that the client sent. */
    @Override
    public String toString() {
        return "VerifiedPart[" + content.length + " bytes]";
    }
}
