package dev.countersign.core.step;

import dev.countersign.api.wire.SignatureDer;
import dev.countersign.api.wire.StrictBase64;
import org.jspecify.annotations.Nullable;

/** A signature in its form: r before s, 32 bytes each, big-endian, both in 1 to n−1. */
public final class SignatureValue {
    /** Base64 of the longest DER form. */
    private static final int MAX_CHARACTERS = (SignatureDer.MAX_BYTES + 2) / 3 * 4;

    private final byte[] raw;

    private SignatureValue(byte[] raw) {
        this.raw = raw;
    }

    /** Reads canonical Base64 of strict DER; null for anything else. */
    static @Nullable SignatureValue parse(String text) {
        byte[] der = text.length() > MAX_CHARACTERS ? null : StrictBase64.decode(text);
        byte[] raw = der == null ? null : SignatureDer.toRaw(der);
        return raw == null ? null : new SignatureValue(raw);
    }

    /** The 64 bytes themselves: not to be changed. */
    byte[] raw() {
        return raw;
    }

    @Override
    public String toString() {
        return "SignatureValue[64 bytes]";
    }
}
