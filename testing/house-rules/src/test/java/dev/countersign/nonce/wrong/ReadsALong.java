package dev.countersign.nonce.wrong;

/** Breaks a rule on purpose. */
final class ReadsALong {
    java.util.function.ToLongFunction<String> read = Long::parseLong;
}
