package dev.countersign.tck.adapter;

import java.util.function.Function;

/**
 * A request, byte by byte, and what is right.
 *
 * @param name for people, and for tables
 * @param text what is sent; made anew for each try, since a request counts once
 * @param expected what becomes of it
 * @param mayBeRefused whether a server may refuse it by itself
 * @param path what the verified request says
 * @param body what the application reads
 * @param ends whether the client sends nothing after it
 */
record Exchange(
        String name,
        Function<TestScheme, String> text,
        Expected expected,
        boolean mayBeRefused,
        String path,
        String body,
        boolean ends) {
    /** What is right. */
    enum Expected {
        VERIFIED,
        OPEN,
        INVALID_REQUEST,
        INVALID_SIGNATURE,
        NONCE_REPLAY,
        BODY_TOO_LARGE,
        /** Whatever the answer: nothing reaches the application. */
        NOTHING
    }

    static Exchange of(String name, Expected expected, Function<TestScheme, String> text) {
        return new Exchange(name, text, expected, false, "", "", false);
    }

    /** A request that is served with this body. */
    static Exchange verified(String name, String target, String body, Function<SignedExchange, String> text) {
        return of(name, Expected.VERIFIED, scheme -> text.apply(post(scheme, target, body)))
                .served(SignedExchange.path(target), body);
    }

    static SignedExchange post(TestScheme scheme, String target, String body) {
        return new SignedExchange(scheme, "POST", target, SignedExchange.path(target), body);
    }

    static SignedExchange get(TestScheme scheme, String target) {
        return new SignedExchange(scheme, "GET", target, SignedExchange.path(target), "");
    }

    private Exchange served(String servedPath, String servedBody) {
        return new Exchange(name, text, expected, mayBeRefused, servedPath, servedBody, ends);
    }

    /** A server may refuse it by itself. */
    Exchange orRefused() {
        return new Exchange(name, text, expected, true, path, body, ends);
    }

    /** The client sends nothing after it. */
    Exchange thenEnds() {
        return new Exchange(name, text, expected, mayBeRefused, path, body, true);
    }

    @Override
    public String toString() {
        return name;
    }
}
