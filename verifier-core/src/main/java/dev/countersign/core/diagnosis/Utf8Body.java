package dev.countersign.core.diagnosis;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/**
 * Hashes a body as a framework would that reads it as UTF-8 text and writes it again: what is no UTF-8 becomes U+FFFD.
 */
final class Utf8Body {
    private static final int AT_A_TIME = 4096;

    private final MessageDigest digest;
    private final CharsetDecoder decoder = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    private final ByteBuffer bytes = ByteBuffer.allocate(AT_A_TIME);
    private final CharBuffer chars = CharBuffer.allocate(AT_A_TIME);

    Utf8Body(MessageDigest digest) {
        this.digest = digest;
    }

    /** Consumes the chunk. */
    void update(ByteBuffer chunk) {
        while (chunk.hasRemaining()) {
            int taken = Math.min(chunk.remaining(), bytes.remaining());
            bytes.put(chunk.slice(chunk.position(), taken));
            chunk.position(chunk.position() + taken);
            decode(false);
        }
    }

    byte[] digest() {
        decode(true);
        boolean flushed = decoder.flush(chars).isUnderflow();
        drain();
        if (!flushed) {
            throw new IllegalStateException("a decoder of UTF-8 holds nothing back");
        }
        return digest.digest();
    }

    private void decode(boolean isEnd) {
        bytes.flip();
        while (decoder.decode(bytes, chars, isEnd).isOverflow()) {
            drain();
        }
        drain();
        bytes.compact(); // the beginning of a character
    }

    private void drain() {
        chars.flip();
        digest.update(chars.toString().getBytes(StandardCharsets.UTF_8));
        chars.clear();
    }
}
