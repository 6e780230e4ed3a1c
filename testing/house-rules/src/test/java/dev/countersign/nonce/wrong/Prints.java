package dev.countersign.nonce.wrong;

/** Breaks a rule on purpose. */
final class Prints {
    java.io.PrintStream out = System.err;
}
