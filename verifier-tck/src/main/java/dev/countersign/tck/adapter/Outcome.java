package dev.countersign.tck.adapter;

import dev.countersign.api.VerifiedRequest;
import dev.countersign.tck.adapter.AdapterApplication.Arrival;
import dev.countersign.tck.adapter.Exchange.Expected;
import dev.countersign.testkit.RawHttp.Answer;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What became of a request.
 *
 * @param answer null if the connection was closed without one
 * @param interim how many interim answers came before
 * @param closes whether the server closed the connection after it
 * @param begun how many requests the verifier saw
 * @param arrivals what came through to the application
 */
record Outcome(@Nullable Answer answer, int interim, boolean closes, int begun, List<Arrival> arrivals) {
    private static final Pattern CODE = Pattern.compile("\"code\":\"([A-Z_]+)\"");

    /** The public code of an adapter's refusal; empty if the answer is none. */
    String code() {
        if (answer == null) {
            return "";
        }
        String header = answer.header("x-synheart-error");
        Matcher code = CODE.matcher(answer.body());
        return !header.isEmpty() ? header : code.find() ? code.group(1) : "";
    }

    /** Whether the server refused it by itself, before adapter and application. */
    boolean isRefusedByServer() {
        return arrivals.isEmpty() && code().isEmpty() && (answer == null || answer.status() >= 300);
    }

    /** Why this is not right; empty if it is. */
    String wrong(Exchange exchange) {
        if (exchange.expected() == Expected.NOTHING) {
            return arrivals.isEmpty() ? "" : "something reached the application";
        }
        if (isRefusedByServer()) {
            return exchange.mayBeRefused() ? "" : "the server refused it";
        }
        int status = answer == null ? 0 : answer.status();
        return switch (exchange.expected()) {
            case VERIFIED ->
                status == 200 && arrivals.size() == 1 ? wrongArrival(exchange, arrivals.get(0)) : "not served";
            case OPEN ->
                status == 200 && arrivals.size() == 1 && arrivals.get(0).verified() == null
                        ? ""
                        : "it is open, and was not served so";
            default ->
                arrivals.isEmpty() && code().equals(exchange.expected().name())
                        ? ""
                        : "not refused with " + exchange.expected();
        };
    }

    private static String wrongArrival(Exchange exchange, Arrival arrival) {
        VerifiedRequest verified = arrival.verified();
        if (verified == null) {
            return "served, and not verified";
        }
        if (!verified.path().equals(exchange.path())) {
            return "verified as " + verified.path();
        }
        return arrival.body().equals(exchange.body()) ? "" : "the application reads another body";
    }

    /** In a few words, for a table. */
    String words() {
        String connection = closes ? ", closes" : "";
        if (answer == null) {
            return "closes without an answer";
        }
        if (!arrivals.isEmpty()) {
            return (arrivals.get(0).verified() == null ? "open" : "verified") + connection;
        }
        if (!code().isEmpty()) {
            return (interim > 0 ? "asks for the body, then " : "") + "refused: " + answer.status() + " " + code()
                    + connection;
        }
        String type = answer.header("content-type");
        int parameters = type.indexOf(';');
        String essence = parameters < 0 ? type : type.substring(0, parameters);
        return answer.status() + " "
                + (answer.body().isEmpty() ? "without content" : essence.isEmpty() ? "without a type" : essence)
                + connection;
    }

    @Override
    public String toString() {
        return words() + " after " + interim + " interim answers, seen by the verifier " + begun + " times, arrivals: "
                + arrivals.stream()
                        .map(arrival -> (arrival.verified() == null ? "open " : "verified ") + arrival.paths())
                        .toList()
                + (answer == null ? "" : ", " + head(answer.toString()));
    }

    private static String head(String text) {
        return text.length() > 500 ? text.substring(0, 500) + "..." : text;
    }
}
