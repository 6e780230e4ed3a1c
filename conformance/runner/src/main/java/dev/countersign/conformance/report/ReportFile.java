package dev.countersign.conformance.report;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file that a report is written to. */
final class ReportFile {
    private ReportFile() {}

    /** Writes UTF-8, making the folders on the way. What has no UTF-8, a lone surrogate, becomes a question mark. */
    static void write(Path file, String text) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        ByteBuffer bytes = StandardCharsets.UTF_8
                .newEncoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .onUnmappableCharacter(CodingErrorAction.REPLACE)
                .encode(CharBuffer.wrap(text));
        byte[] content = new byte[bytes.remaining()];
        bytes.get(content);
        Files.write(file, content);
    }
}
