package dev.countersign.nonce.wrong;

/** Breaks a rule on purpose. */
final class PrintsAStackTrace {
    void print(RuntimeException failure) {
        failure.printStackTrace();
    }
}
