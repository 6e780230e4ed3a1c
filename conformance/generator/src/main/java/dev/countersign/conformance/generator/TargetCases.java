package dev.countersign.conformance.generator;

import static dev.countersign.conformance.generator.Expect.accepted;
import static dev.countersign.conformance.generator.Expect.rejected;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.suite.Flag;
import dev.countersign.conformance.suite.Group;
import dev.countersign.conformance.suite.Role;
import java.util.List;

/** Request targets and methods. */
final class TargetCases {
    private static final String ORDINARY = "ordinary";
    private static final Draft RIGHT = Draft.post("/v1/hsi");
    private static final String LONGEST_METHOD = "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF";

    private final CaseBook book = new CaseBook("targets", "Targets and methods", Role.VERIFIER);

    static Group group() {
        TargetCases cases = new TargetCases();
        cases.forms();
        cases.bytes();
        cases.verbatim();
        cases.query();
        cases.queryOnWrites();
        cases.methods();
        return cases.book.group();
    }

    private void forms() {
        form(ORDINARY, Flags.ORDINARY, "/v1/hsi", "/v1/hsi", "Origin-form is taken as it is.");
        form("root", Flags.SMALLEST_VALUE, "/", "/", "The shortest origin-form.");
        form(
                "absolute-http",
                Flags.ABSOLUTE_FORM,
                "http://example.com/v1/hsi",
                "/v1/hsi",
                "Absolute-form means its path.");
        form(
                "absolute-https",
                Flags.ABSOLUTE_FORM,
                "https://example.com/v1/hsi",
                "/v1/hsi",
                "Absolute-form means its path.");
        form(
                "absolute-upper-case",
                Flags.ABSOLUTE_FORM,
                "HTTPS://example.com/v1/hsi",
                "/v1/hsi",
                "A scheme has no case.");
        form(
                "absolute-port",
                Flags.ABSOLUTE_FORM,
                "http://example.com:8443/v1/hsi",
                "/v1/hsi",
                "A port belongs to the authority.");
        form(
                "absolute-ipv6",
                Flags.ABSOLUTE_FORM,
                "http://[::1]:8080/v1/hsi",
                "/v1/hsi",
                "The authority ends at the first slash behind it.");
        form(
                "absolute-query",
                Flags.ABSOLUTE_FORM,
                "http://example.com/v1/hsi?a=/b",
                "/v1/hsi",
                "Absolute-form means its path and query.");
        form(
                "absolute-double-slash",
                Flags.ABSOLUTE_FORM,
                "http://example.com//v1/hsi",
                "//v1/hsi",
                "The path begins at the first slash behind the authority.");
        form("absolute-empty-path", Flags.EMPTY_PATH, "http://example.com", "/", "An empty path means /.");
        form(
                "absolute-empty-path-query",
                Flags.EMPTY_PATH,
                "http://example.com?a=b",
                "/",
                "An empty path means /, in front of a query, too.");
        signedOtherwise(
                "absolute-http", "with-authority", "http://example.com/v1/hsi", "the whole target", Rules.TARGET_FORMS);
        signedOtherwise("absolute-empty-path", "as-nothing", "", "an empty path", Rules.TARGET_FORMS);
        noForm("empty", "", "It is empty.");
        noForm("asterisk", "*", "It is in asterisk-form.");
        noForm("authority", "example.com:443", "It is in authority-form.");
        noForm("no-leading-slash", "v1/hsi", "It has no leading slash.");
        noForm("query-alone", "?a=b", "It is a query alone.");
        noForm("other-scheme", "ftp://example.com/v1/hsi", "Its scheme is ftp.");
        noForm("websocket", "ws://example.com/v1/hsi", "Its scheme is ws.");
        noForm("scheme-longer", "httpx://example.com/v1/hsi", "Its scheme begins with http and goes on.");
        noForm("no-authority", "http:///v1/hsi", "Its authority is empty.");
        noForm("no-authority-no-path", "http://", "There is nothing behind http://.");
        noForm("one-slash", "http:/v1/hsi", "One slash follows the scheme.");
        noForm("scheme-relative", "://example.com/v1/hsi", "Its scheme is empty.");
    }

    private void form(String name, Flag flag, String target, String signed, String comment) {
        book.positive(name)
                .rule(Rules.TARGET_FORMS)
                .flags(flag)
                .comment(comment)
                .steps(Scenario.verifier().verify(Draft.post(target).signingPath(signed), accepted(signed)));
    }

    private void noForm(String name, String target, String what) {
        book.negative(name)
                .rule(Rules.TARGET_FORMS)
                .flags(Flags.OTHER_TARGET_FORM)
                .from(ORDINARY)
                .difference("The target is another one. " + what)
                .comment("Origin-form, and absolute-form of http and https with an authority, are the forms there are.")
                .rejects(RIGHT.signed().target(target), Reason.MALFORMED_TARGET);
    }

    private void bytes() {
        book.positive("edges-of-visible-ascii")
                .rule(Rules.TARGET_BYTES)
                .flags(Flags.LARGEST_VALUE)
                .comment("21 and 7E are the first and the last byte that is allowed.")
                .accepts(Draft.post("/v1/!~"));
        book.positive("punctuation")
                .rule(Rules.TARGET_BYTES)
                .flags(Flags.ORDINARY)
                .comment("Visible ASCII but # and the backslash is allowed, also where a URI would escape it.")
                .accepts(Draft.post("/v1/\"$%&'()*+,-./:;<=>@[]^_`{|}~"));
        book.positive("punctuation-in-query")
                .rule(Rules.TARGET_BYTES)
                .flags(Flags.ORDINARY)
                .comment("A query may hold the same bytes, and more question marks.")
                .accepts(Draft.post("/v1/hsi?\"$%&'()*+,-./:;<=>?@[]^_`{|}~"));
        badByte("fragment", Flags.FRAGMENT, "/v1/hsi#", "It ends in #.");
        badByte("fragment-in-query", Flags.FRAGMENT, "/v1/hsi?a#b", "Its query holds a #.");
        badByte("backslash", Flags.BACKSLASH, "/v1\\hsi", "Its path holds a backslash.");
        badByte("backslash-in-query", Flags.BACKSLASH, "/v1/hsi?a\\b", "Its query holds a backslash.");
        badByte("zero-byte", Flags.CONTROL_CHARACTER, "/v1/hsi\u0000", "It ends in a zero byte.");
        badByte("tab", Flags.CONTROL_CHARACTER, "/v1/hsi\tx", "It holds a tab, 09.");
        badByte(
                "line-feed",
                Flags.CONTROL_CHARACTER,
                "/v1/hsi\nx",
                "It holds a line feed, 0A, which would shift the lines of the message.");
        badByte("carriage-return", Flags.CONTROL_CHARACTER, "/v1/hsi\rx", "It holds a carriage return, 0D.");
        badByte("unit-separator", Flags.CONTROL_CHARACTER, "/v1/hsi\u001fx", "It holds the byte 1F.");
        badByte("space", Flags.INNER_SPACE, "/v1/hsi x", "It holds a space, 20.");
        badByte("space-in-query", Flags.INNER_SPACE, "/v1/hsi?a b", "Its query holds a space.");
        badByte("delete", Flags.CONTROL_CHARACTER, "/v1/hsi\u007f", "It holds the byte 7F.");
        badByte("byte-80", Flags.NON_ASCII_VALUE, "/v1/hsi\u0080", "It holds the byte 80.");
        badByte("utf-8", Flags.NON_ASCII_VALUE, "/v1/Zo\u00c3\u00ab", "It holds UTF-8, not escaped.");
        badByte("byte-ff", Flags.NON_ASCII_VALUE, "/v1/hsi\u00ff", "It holds the byte FF.");
        badByte("utf-8-in-query", Flags.NON_ASCII_VALUE, "/v1/hsi?\u00c3\u00ab", "Its query holds UTF-8, not escaped.");
        badByte("in-authority", Flags.BACKSLASH, "http://example.com\\x/v1/hsi", "Its authority holds a backslash.");
    }

    private void badByte(String name, Flag flag, String target, String what) {
        book.negative(name)
                .rule(Rules.TARGET_BYTES)
                .flags(flag)
                .from(ORDINARY)
                .difference("The target is another one. " + what)
                .comment("Such a byte is refused wherever it stands, also where the signature covers it.")
                .rejects(Draft.post(target), Reason.MALFORMED_TARGET);
    }

    private void verbatim() {
        verbatim("encoded-slash", Flags.PERCENT_ESCAPE, "/v1/a%2Fb", "/v1/a/b", "Nothing is decoded.");
        verbatim(
                "escape-in-lower-case",
                Flags.PERCENT_ESCAPE,
                "/v1/a%2fb",
                "/v1/a%2Fb",
                "The digits of an escape keep their case.");
        verbatim("encoded-letter", Flags.PERCENT_ESCAPE, "/v1/%61", "/v1/a", "Not even a letter is decoded.");
        verbatim(
                "encoded-twice",
                Flags.PERCENT_ESCAPE,
                "/v1/%2561",
                "/v1/%61",
                "Nothing is decoded, neither once nor twice.");
        verbatim(
                "broken-escape",
                Flags.PERCENT_ESCAPE,
                "/v1/100%",
                "/v1/100%25",
                "What is not decoded needs no repair.");
        verbatim(
                "encoded-question-mark",
                Flags.PERCENT_ESCAPE,
                "/v1/a%3Fb",
                "/v1/a",
                "An escaped question mark begins no query.");
        verbatim("encoded-space", Flags.PERCENT_ESCAPE, "/v1/a%20b", "/v1/a+b", "A plus is not a space.");
        verbatim(
                "encoded-line-feed",
                Flags.ENCODED_LINE_FEED,
                "/v1/a%0Ab",
                "/v1/a\nb",
                "Decoded, it would shift the lines of the message.");
        verbatim("double-slash", Flags.DOUBLE_SLASH, "/v1//hsi", "/v1/hsi", "Empty segments stay.");
        verbatim(
                "double-slash-in-front",
                Flags.DOUBLE_SLASH,
                "//v1/hsi",
                "/hsi",
                "Two slashes in front are a path, and no authority.");
        verbatim("slash-at-end", Flags.DOUBLE_SLASH, "/v1/hsi/", "/v1/hsi", "A slash at the end stays.");
        verbatim("dot-segments", Flags.DOT_SEGMENT, "/v1/x/../hsi", "/v1/hsi", "Dot segments are not resolved.");
        verbatim("one-dot", Flags.DOT_SEGMENT, "/v1/./hsi", "/v1/hsi", "Dot segments are not resolved.");
        verbatim(
                "encoded-dots",
                Flags.DOT_SEGMENT,
                "/v1/x/%2e%2e/hsi",
                "/v1/hsi",
                "Encoded dots are neither decoded nor resolved.");
        verbatim("parameters", Flags.PATH_PARAMETER, "/v1/hsi;v=1", "/v1/hsi", "Parameters belong to the path.");
        verbatim("letter-case", Flags.LETTER_CASE, "/V1/HSI", "/v1/hsi", "Paths have case.");
    }

    private void verbatim(String name, Flag flag, String path, String tidied, String comment) {
        Draft draft = Draft.post(path);
        book.positive("verbatim-" + name)
                .rule(Rules.TARGET_VERBATIM)
                .flags(flag)
                .comment(comment)
                .steps(Scenario.verifier().verify(draft, accepted(path)));
        book.negative("tidied-" + name)
                .rule(Rules.TARGET_VERBATIM)
                .flags(flag, Flags.SIGNED_OTHER_PATH)
                .from("verbatim-" + name)
                .difference("The signature covers the path as a tidying client or server would have it.")
                .comment(comment + " The signature is for another path.")
                .rejects(draft.signingPath(tidied), Reason.INVALID_SIGNATURE);
    }

    private void query() {
        query("query", Flags.QUERY, "/v1/hsi?a=b", "The query is not signed.");
        query(
                "query-empty",
                Flags.EMPTY_QUERY,
                "/v1/hsi?",
                "Everything from the question mark on is left out, and the mark itself, too.");
        query("query-two-marks", Flags.QUERY, "/v1/hsi?a?b", "The query begins at the first question mark.");
        query("query-with-slash", Flags.QUERY, "/v1/hsi?/v1/other", "A slash behind the question mark is no path.");
        query(
                "query-encoded-line-feed",
                Flags.ENCODED_LINE_FEED,
                "/v1/hsi?a=%0Ab",
                "Nothing of the query gets into the message.");
        signedOtherwise("query", "included", "/v1/hsi?a=b", "the path with the query", Rules.TARGET_QUERY);
        signedOtherwise(
                "query-empty", "mark-included", "/v1/hsi?", "the path with the question mark", Rules.TARGET_QUERY);
        signedOtherwise(
                "query-two-marks",
                "from-last-mark",
                "/v1/hsi?a",
                "the target up to its last question mark",
                Rules.TARGET_QUERY);
    }

    private void query(String name, Flag flag, String target, String comment) {
        book.positive(name)
                .rule(Rules.TARGET_QUERY)
                .flags(flag)
                .comment(comment)
                .steps(Scenario.verifier().verify(Draft.post(target).signingPath("/v1/hsi"), accepted("/v1/hsi")));
    }

    private void signedOtherwise(String from, String variant, String signed, String what, Rules rule) {
        String target =
                switch (from) {
                    case "absolute-http" -> "http://example.com/v1/hsi";
                    case "absolute-empty-path" -> "http://example.com";
                    case "query" -> "/v1/hsi?a=b";
                    case "query-empty" -> "/v1/hsi?";
                    default -> "/v1/hsi?a?b";
                };
        book.negative(from + "-" + variant)
                .rule(rule)
                .flags(Flags.SIGNED_OTHER_PATH)
                .from(from)
                .difference("The signature covers " + what + ".")
                .comment("The path alone is signed.")
                .rejects(Draft.post(target).signingPath(signed), Reason.INVALID_SIGNATURE);
    }

    private void queryOnWrites() {
        refusing(
                "no-query-on-writes",
                Draft.post("/v1/hsi"),
                Flags.ORDINARY,
                "Without a query there is nothing to refuse.");
        refusing("query-on-get", Draft.get("/v1/hsi?a=b"), Flags.QUERY, "GET is no write.");
        for (String method : List.of("HEAD", "OPTIONS", "TRACE")) {
            refusing(
                    "query-on-" + Ascii.lower(method),
                    Draft.get("/v1/hsi?a=b").method(method),
                    Flags.QUERY,
                    method + " is no write.");
        }
        for (String method : List.of("POST", "PUT", "PATCH", "DELETE", "PURGE")) {
            book.negative("query-on-" + Ascii.lower(method))
                    .rule(Rules.QUERY_ON_WRITES)
                    .flags(method.equals("PURGE") ? Flags.UNUSUAL_METHOD : Flags.QUERY)
                    .from("query-on-get")
                    .difference("The method is " + method + ".")
                    .comment("Everything but GET, HEAD, OPTIONS and TRACE counts as a write.")
                    .steps(Scenario.verifier(TargetCases::refuseQueries)
                            .verify(Draft.get("/v1/hsi?a=b").method(method), rejected(Reason.QUERY_NOT_ALLOWED)));
        }
        book.negative("empty-query-on-post")
                .rule(Rules.QUERY_ON_WRITES)
                .flags(Flags.EMPTY_QUERY)
                .from("no-query-on-writes")
                .difference("The target ends in a question mark.")
                .comment("An empty query is a query: a server may treat it as one.")
                .steps(Scenario.verifier(TargetCases::refuseQueries)
                        .verify(Draft.post("/v1/hsi?"), rejected(Reason.QUERY_NOT_ALLOWED)));
        book.negative("query-on-post-absolute-form")
                .rule(Rules.QUERY_ON_WRITES)
                .flags(Flags.ABSOLUTE_FORM)
                .from("no-query-on-writes")
                .difference("The target is in absolute-form, with a query behind an empty path.")
                .comment("The query of an absolute-form is a query, too.")
                .steps(Scenario.verifier(TargetCases::refuseQueries)
                        .verify(
                                Draft.post("/v1/hsi").signed().target("http://example.com?a"),
                                rejected(Reason.QUERY_NOT_ALLOWED)));
    }

    private void refusing(String name, Draft draft, Flag flag, String comment) {
        book.positive(name)
                .rule(Rules.QUERY_ON_WRITES)
                .flags(flag)
                .comment(comment)
                .steps(Scenario.verifier(TargetCases::refuseQueries).verify(draft, accepted("/v1/hsi")));
    }

    private static ObjectNode refuseQueries(ObjectNode config) {
        return config.put("rejectQueryOnWrites", true);
    }

    private void methods() {
        for (String method : List.of("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")) {
            method(Ascii.lower(method), Flags.ORDINARY, method, "A method as it comes.");
        }
        method("unknown", Flags.UNUSUAL_METHOD, "PURGE", "Methods are not looked up in a list.");
        method("with-hyphen", Flags.UNUSUAL_METHOD, "M-SEARCH", "A hyphen may stand behind the first letter.");
        method("trailing-hyphen", Flags.UNUSUAL_METHOD, "X-", "A hyphen may stand last.");
        method("of-one-letter", Flags.SMALLEST_VALUE, "X", "One letter is a method.");
        method("of-32-letters", Flags.LARGEST_VALUE, LONGEST_METHOD, "32 letters are a method.");
        noMethod("of-33-letters", Flags.OVER_LONG, "of-32-letters", LONGEST_METHOD + "G", "It has 33 letters.");
        noMethod("lower-case", Flags.LETTER_CASE, "unknown", "purge", "It is in lower case.");
        noMethod("mixed-case", Flags.LETTER_CASE, "unknown", "Purge", "It is in mixed case.");
        noMethod("last-letter-lower-case", Flags.LETTER_CASE, "unknown", "PURGe", "Its last letter is in lower case.");
        noMethod("empty", Flags.EMPTY_VALUE, "unknown", "", "It is empty.");
        noMethod("leading-hyphen", Flags.WRONG_FORM, "with-hyphen", "-SEARCH", "It begins with a hyphen.");
        noMethod("digit", Flags.WRONG_FORM, "unknown", "PURGE2", "It holds a digit.");
        noMethod("underscore", Flags.WRONG_FORM, "with-hyphen", "M_SEARCH", "It holds an underscore.");
        noMethod("dot", Flags.WRONG_FORM, "with-hyphen", "M.SEARCH", "It holds a dot, which HTTP allows.");
        noMethod("space-behind", Flags.PADDED_VALUE, "unknown", "PURGE ", "A space stands behind it.");
        noMethod("tab-in-front", Flags.PADDED_VALUE, "unknown", "\tPURGE", "A tab stands in front of it.");
        noMethod(
                "line-feed-behind",
                Flags.CONTROL_CHARACTER,
                "unknown",
                "PURGE\n",
                "A line feed stands behind it, which the $ of many regular expressions lets pass.");
        noMethod(
                "umlaut",
                Flags.NON_ASCII_VALUE,
                "unknown",
                "P\u00dcRGE",
                "It holds an upper-case letter outside ASCII.");
        book.negative("method-signed-in-lower-case")
                .rule(Rules.MESSAGE_METHOD)
                .flags(Flags.LETTER_CASE)
                .from("method-unknown")
                .difference("The signature covers the method in lower case.")
                .comment("The method is signed in upper case, as it is sent.")
                .rejects(RIGHT.method("PURGE").signing("purge\n/v1/hsi\n{t}\n{body}"), Reason.INVALID_SIGNATURE);
        book.negative("method-signed-as-other")
                .rule(Rules.MESSAGE_METHOD)
                .flags(Flags.OTHER_MESSAGE)
                .from("method-get")
                .difference("The signature covers HEAD.")
                .comment("A server may run GET for HEAD; the signature is for one of them.")
                .rejects(RIGHT.method("GET").signing("HEAD\n/v1/hsi\n{t}\n{body}"), Reason.INVALID_SIGNATURE);
    }

    private void method(String name, Flag flag, String method, String comment) {
        book.positive("method-" + name)
                .rule(Rules.METHOD_FORM)
                .flags(flag)
                .comment(comment)
                .accepts(RIGHT.method(method));
    }

    private void noMethod(String name, Flag flag, String from, String method, String what) {
        book.negative("method-" + name)
                .rule(Rules.METHOD_FORM)
                .flags(flag)
                .from("method-" + from)
                .difference("The method is another one. " + what)
                .comment("A method outside its form is malformed, and never upper-cased or trimmed.")
                .rejects(RIGHT.method(method), Reason.MALFORMED_TARGET);
    }
}
