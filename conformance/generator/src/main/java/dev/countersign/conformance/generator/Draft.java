package dev.countersign.conformance.generator;

import dev.countersign.conformance.signing.Body;
import dev.countersign.conformance.signing.Encoding;
import dev.countersign.conformance.signing.Recipe;
import dev.countersign.conformance.signing.Recipe.HalfOrder;
import dev.countersign.conformance.signing.RequestTemplate;
import dev.countersign.conformance.signing.RequestTemplate.Header;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request in the making: starts right, and each change makes another one that is wrong in one thing. What is signed
 * follows method, target, timestamp and body until {@link #signing} says otherwise.
 */
final class Draft {
    static final String APP_ID = "X-App-ID";
    static final String DEVICE_ID = "X-Device-ID";
    static final String SIGNATURE = "X-Synheart-Signature";
    static final String TIMESTAMP = "X-Synheart-Timestamp";
    static final String NONCE = "X-Synheart-Nonce";
    static final String VERSION = "X-Synheart-Sig-Version";

    /** The six, in the order of the protocol's table. */
    static final List<String> SIX = List.of(APP_ID, DEVICE_ID, SIGNATURE, TIMESTAMP, NONCE, VERSION);

    /** What most cases about more than one request begin with. */
    static final Draft FIRST = post("/v1/events");

    /** A second genuine request with the same content, under a nonce of its own. */
    static final Draft SECOND = FIRST.nonce("2").attempt(1);

    private final RequestTemplate unsigned;
    private final Recipe recipe;

    /** Whether what is signed follows the request. */
    private final boolean follows;

    private Draft(RequestTemplate unsigned, Recipe recipe, boolean follows) {
        this.unsigned = unsigned;
        this.recipe = recipe;
        this.follows = follows;
    }

    /** A right request of the device "a": {@code POST} with a small JSON body, nonce 1, dated at the case's time. */
    static Draft post(String target) {
        return of("POST", target, Body.text("{\"n\":1}"));
    }

    /** A right request of the device "a" without a body. */
    static Draft get(String target) {
        return of("GET", target, Body.EMPTY);
    }

    static Draft of(String method, String target, Body body) {
        List<Header> headers = List.of(
                new Header(APP_ID, "{app:a}"),
                new Header(DEVICE_ID, "{device:a}"),
                new Header(SIGNATURE, "{signature}"),
                new Header(TIMESTAMP, "{t}"),
                new Header(NONCE, "{nonce:1}"),
                new Header(VERSION, "1"));
        return new Draft(new RequestTemplate(0, null, method, target, headers, body, null), Recipe.of("a", ""), true);
    }

    /** The device of that name, with its ids and the key of the same name. */
    Draft device(String name) {
        return with(APP_ID, "{app:" + name + "}")
                .with(DEVICE_ID, "{device:" + name + "}")
                .key(name);
    }

    /** The nonce of that name, which may be a number. */
    Draft nonce(String name) {
        return with(NONCE, "{nonce:" + name + "}");
    }

    /** Dated so many seconds from the case's time; signed so, too. */
    Draft dated(long offset) {
        return with(TIMESTAMP, offset == 0 ? "{t}" : offset > 0 ? "{t+" + offset + "}" : "{t" + offset + "}");
    }

    /** Arrives so many seconds after the case's time, head and body. */
    Draft at(long offset) {
        return arriving(offset, null);
    }

    /** The head arrives at one time, the end of the body at another. */
    Draft arriving(long head, @Nullable Long end) {
        return request(head, end, unsigned.method(), unsigned.target(), unsigned.headers(), unsigned.body());
    }

    Draft method(String value) {
        return request(
                unsigned.at(), unsigned.finishAt(), value, unsigned.target(), unsigned.headers(), unsigned.body());
    }

    Draft target(String value) {
        return request(
                unsigned.at(), unsigned.finishAt(), unsigned.method(), value, unsigned.headers(), unsigned.body());
    }

    Draft body(Body value) {
        return request(
                unsigned.at(), unsigned.finishAt(), unsigned.method(), unsigned.target(), unsigned.headers(), value);
    }

    /** The value of a header, in its place. */
    Draft with(String name, String value) {
        List<Header> lines = new ArrayList<>();
        for (Header line : unsigned.headers()) {
            lines.add(line.name().equals(name) ? new Header(name, value) : line);
        }
        return headers(lines);
    }

    /** Another spelling of a header's name. */
    Draft renamed(String name, String spelling) {
        List<Header> lines = new ArrayList<>();
        for (Header line : unsigned.headers()) {
            lines.add(line.name().equals(name) ? new Header(spelling, line.value()) : line);
        }
        return headers(lines);
    }

    /** Without a header. */
    Draft without(String name) {
        return headers(unsigned.headers().stream()
                .filter(line -> !line.name().equals(name))
                .toList());
    }

    /** With one line more, at the end. */
    Draft adding(String name, String value) {
        List<Header> lines = new ArrayList<>(unsigned.headers());
        lines.add(new Header(name, value));
        return headers(lines);
    }

    /** The value that a header has now. */
    String value(String name) {
        return unsigned.headers().stream()
                .filter(line -> line.name().equals(name))
                .map(Header::value)
                .findFirst()
                .orElseThrow();
    }

    Draft headers(List<Header> lines) {
        return request(
                unsigned.at(), unsigned.finishAt(), unsigned.method(), unsigned.target(), lines, unsigned.body());
    }

    /** Signed with the key of that name. */
    Draft key(String name) {
        return recipe(recipe.withKey(name), follows);
    }

    /** What is signed, whatever the request says; a template with {@code {body}}. */
    Draft signing(String over) {
        return recipe(recipe.withOver(over), false);
    }

    /** Signed over this path instead of the target's. */
    Draft signingPath(String path) {
        return signing(unsigned.method() + "\n" + path + "\n" + value(TIMESTAMP) + "\n{body}");
    }

    /** Keeps what is signed now, whatever but the body is changed afterwards: what happens to a request on its way. */
    Draft signed() {
        return signing(over());
    }

    /** The same, the body included. */
    Draft sealed() {
        String body = new String(unsigned.body().bytes(), StandardCharsets.ISO_8859_1);
        return signing(over().replace("{body}", body));
    }

    Draft hash(int times) {
        return recipe(recipe.withHash(times), follows);
    }

    Draft attempt(int number) {
        return recipe(recipe.withAttempt(number), follows);
    }

    Draft s(HalfOrder s) {
        return recipe(recipe.withS(s), follows);
    }

    Draft encoding(Encoding encoding) {
        return recipe(recipe.withEncoding(encoding), follows);
    }

    /** The request. Its recipe is left out where no header carries the signature. */
    RequestTemplate template() {
        boolean used = unsigned.headers().stream().anyMatch(line -> line.value().contains("{signature}"));
        return new RequestTemplate(
                unsigned.at(),
                unsigned.finishAt(),
                unsigned.method(),
                unsigned.target(),
                unsigned.headers(),
                unsigned.body(),
                used ? recipe.withOver(over()) : null);
    }

    private Draft recipe(Recipe changed, boolean stillFollows) {
        return new Draft(unsigned, changed, stillFollows);
    }

    private Draft request(
            long at, @Nullable Long finishAt, String method, String target, List<Header> headers, Body body) {
        return new Draft(new RequestTemplate(at, finishAt, method, target, headers, body, null), recipe, follows);
    }

    private String over() {
        if (!follows) {
            return recipe.over();
        }
        String target = unsigned.target();
        String path = target.contains("?") ? target.substring(0, target.indexOf('?')) : target;
        String timestamp = unsigned.headers().stream()
                .filter(line -> line.name().equals(TIMESTAMP))
                .map(Header::value)
                .findFirst()
                .orElse("{t}");
        return unsigned.method() + "\n" + path + "\n" + timestamp + "\n{body}";
    }
}
