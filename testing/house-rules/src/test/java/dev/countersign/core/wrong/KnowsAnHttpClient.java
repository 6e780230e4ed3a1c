package dev.countersign.core.wrong;

/** Breaks a rule on purpose. */
final class KnowsAnHttpClient {
    Class<?> client = java.net.http.HttpClient.class;
}
