package dev.countersign.servlet;

import dev.countersign.servlet.multipart.MultipartReader;
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
import org.jspecify.annotations.Nullable;

/**
 * A part of a verified body, in memory.
 *
 * @param folder what a relative name is written to
 */
record VerifiedPart(MultipartReader.Part part, Path folder) implements Part {
    @Override
    public InputStream getInputStream() {
        return new ByteArrayInputStream(part.content());
    }

    @Override
    public @Nullable String getContentType() {
        return getHeader("content-type");
    }

    @Override
    public String getName() {
        return part.name();
    }

    @Override
    public @Nullable String getSubmittedFileName() {
        return part.fileName();
    }

    @Override
    public long getSize() {
        return part.content().length;
    }

    /** The content as a form's field, in this charset. */
    String text(Charset charset) {
        return new String(part.content(), charset);
    }

    @Override
    public void write(String file) throws IOException {
        Files.write(folder.resolve(file), part.content());
    }

    /** There is no file. */
    @Override
    public void delete() {}

    @Override
    public @Nullable String getHeader(String header) {
        List<String> values = part.headers().get(header.toLowerCase(Locale.ROOT));
        return values == null ? null : values.get(0);
    }

    @Override
    public Collection<String> getHeaders(String header) {
        return part.headers().getOrDefault(header.toLowerCase(Locale.ROOT), List.of());
    }

    @Override
    public Collection<String> getHeaderNames() {
        return part.headers().keySet();
    }

    /** Shows nothing that the client sent. */
    @Override
    public String toString() {
        return "VerifiedPart[" + part.content().length + " bytes]";
    }
}
