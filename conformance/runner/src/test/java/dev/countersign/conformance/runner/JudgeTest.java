package dev.countersign.conformance.runner;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.suite.Case;
import dev.countersign.conformance.suite.Hex;
import dev.countersign.conformance.suite.Json;
import dev.countersign.conformance.suite.Role;
import dev.countersign.conformance.suite.Step;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every rule of FORMAT.md's "What is expected", kept and broken. */
class JudgeTest {
    private static List<String> wrong(String expect, String answer) {
        return wrong(new Judge(false), expect, answer);
    }

    private static List<String> wrong(Judge judge, String expect, String answer) {
        return judge.judge(step(expect), Json.parse(answer)).stream()
                .map(mismatch -> mismatch.field() + ": " + mismatch.expected() + " / " + mismatch.actual())
                .toList();
    }

    private static Step step(String expect) {
        return new Step(Cases.message("/"), (ObjectNode) Json.parse(expect), null, null);
    }

    private static String body(String json) {
        return Hex.of(json.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'valid':true}                | {'id':1,'valid':true,'more':[1]} | ",
                "{'valid':true}                | {'valid':false}                  | valid: true / false",
                "{'valid':true}                | {'valid':'true'}                 | valid: true / true",
                "{'valid':true}                | {}                               | valid: true / absent",
                "{'valid':true}                | {'valid':null}                   | valid: true / absent",
                "{'pointHex':'04'}             | {'pointHex':'04'}                | ",
                "{'pointHex':'0a'}             | {'pointHex':'0A'}                | pointHex: 0a / 0A",
                "{'pointHex':'04'}             | {'invalid':true}                 | pointHex: 04 / absent",
                "{'invalid':true}              | {'pointHex':'04'}                | invalid: true / absent",
                "{'ok':true}                   | {'ok':1}                         | ok: true / 1",
                "{'status':401}                | {'status':401}                   | ",
                "{'status':401}                | {'status':401.0}                 | ",
                "{'status':401}                | {'status':403}                   | status: 401 / 403",
                "{'status':401}                | {'status':'401'}                 | status: 401 / 401",
                "{'status':401}                | {'status':1e999}                 | status: 401 / \"Infinity\"",
                "{'status':401}                | {'status':18446744073709552017}  | status: 401 / 18446744073709552017",
                "{'status':401,'valid':true}   | {}                               | status: 401 / absent, valid: true / absent"
            })
    void fieldsMustBeThereWithTheSameValue(String expect, String answer, String mismatches) {
        assertEquals(
                mismatches == null ? "" : mismatches,
                String.join(", ", wrong(expect.replace('\'', '"'), answer.replace('\'', '"'))));
    }

    @Test
    void anAnswerOfAnotherKindLacksEverything() {
        for (String answer : List.of("[]", "null", "1", "\"valid\"", "[{\"valid\":true}]")) {
            assertEquals(List.of("valid: true / absent"), wrong("{\"valid\":true}", answer), answer);
        }
    }

    @Test
    void reasonIsComparedOnDemandOnly() {
        String expect = "{\"verdict\":\"rejected\",\"reason\":\"CLOCK_SKEW\"}";
        String other = "{\"verdict\":\"rejected\",\"reason\":\"LATE\"}";
        String none = "{\"verdict\":\"rejected\"}";
        assertEquals(List.of(), wrong(expect, other));
        assertEquals(List.of(), wrong(expect, none));
        assertEquals(List.of("reason: CLOCK_SKEW / LATE"), wrong(new Judge(true), expect, other));
        assertEquals(List.of("reason: CLOCK_SKEW / absent"), wrong(new Judge(true), expect, none));
        assertEquals(List.of(), wrong(new Judge(true), expect, "{\"verdict\":\"rejected\",\"reason\":\"CLOCK_SKEW\"}"));
    }

    @Test
    void signedPathOfVerifyIsComparedIfShown() {
        String expect = "{\"verdict\":\"accepted\",\"signedPath\":\"/v1/a\"}";
        assertEquals(List.of(), wrong(expect, "{\"verdict\":\"accepted\"}"));
        assertEquals(List.of(), wrong(expect, "{\"verdict\":\"accepted\",\"signedPath\":null}"));
        assertEquals(List.of(), wrong(expect, "{\"verdict\":\"accepted\",\"signedPath\":\"/v1/a\"}"));
        assertEquals(
                List.of("signedPath: /v1/a / /ingest/v1/a"),
                wrong(expect, "{\"verdict\":\"accepted\",\"signedPath\":\"/ingest/v1/a\"}"));
    }

    @Test
    void signedPathOfMessageMustBeThere() {
        assertEquals(List.of("signedPath: /a / absent"), wrong("{\"signedPath\":\"/a\"}", "{\"messageHex\":\"00\"}"));
    }

    @Test
    void answersInAnyOrder() {
        String accepted = "{\"verdict\":\"accepted\"}";
        String replay = "{\"verdict\":\"rejected\",\"status\":401}";
        String expect = "{\"answersInAnyOrder\":[" + accepted + "," + replay + "," + replay + "]}";
        assertEquals(List.of(), wrong(expect, "{\"answers\":[" + accepted + "," + replay + "," + replay + "]}"));
        assertEquals(List.of(), wrong(expect, "{\"answers\":[" + replay + "," + replay + "," + accepted + "]}"));
        assertEquals(
                1,
                wrong(expect, "{\"answers\":[" + accepted + "," + accepted + "," + replay + "]}")
                        .size());
        assertEquals(
                1,
                wrong(expect, "{\"answers\":[" + accepted + "," + replay + "]}").size());
        assertEquals(
                1,
                wrong(expect, "{\"answers\":[" + replay + "," + replay + "," + accepted + "," + replay + "]}")
                        .size());
        assertEquals(1, wrong(expect, "{}").size());
        assertEquals(1, wrong(expect, "{\"answers\":\"accepted\"}").size());
    }

    @Test
    void responseHeaders() {
        String expect = "{\"responseHeaders\":{\"x-synheart-error\":\"CLOCK_SKEW\",\"Retry-After\":\"*\","
                + "\"x-server-timestamp\":null}}";
        assertEquals(
                List.of(),
                wrong(
                        expect,
                        "{\"responseHeaders\":{\"X-Synheart-Error\":\"CLOCK_SKEW\",\"retry-after\":\"2\",\"A\":\"b\"}}"));
        assertEquals(
                List.of(
                        "responseHeaders.x-synheart-error: CLOCK_SKEW / clock_skew",
                        "responseHeaders.Retry-After: some text / ",
                        "responseHeaders.x-server-timestamp: absent / 17"),
                wrong(
                        expect,
                        "{\"responseHeaders\":{\"x-synheart-error\":\"clock_skew\",\"Retry-After\":\"\","
                                + "\"X-Server-Timestamp\":\"17\"}}"));
        assertEquals(
                List.of(
                        "responseHeaders.x-synheart-error: CLOCK_SKEW / absent",
                        "responseHeaders.Retry-After: some text / absent"),
                wrong(expect, "{\"responseHeaders\":{}}"));
    }

    @Test
    void headerNamesAreFoldedInAsciiOnly() {
        // U+212A, the Kelvin sign, is k in lower case, in Unicode.
        assertEquals(
                1,
                wrong("{\"responseHeaders\":{\"k\":\"1\"}}", "{\"responseHeaders\":{\"\u212a\":\"1\"}}")
                        .size());
        assertEquals(List.of(), wrong("{\"responseHeaders\":{\"k\":\"1\"}}", "{\"responseHeaders\":{\"K\":\"1\"}}"));
    }

    @Test
    void responseJson() {
        String expect = "{\"responseJson\":{\"status\":\"error\",\"message\":\"*\",\"error\":{\"code\":\"CLOCK_SKEW\"},"
                + "\"server_timestamp\":1767225600,\"retry_after\":null}}";
        String right = "{\"status\":\"error\",\"message\":\"late\",\"error\":{\"code\":\"CLOCK_SKEW\",\"x\":1},"
                + "\"server_timestamp\":1767225600}";
        assertEquals(List.of(), wrong(expect, "{\"responseBodyHex\":\"" + body(right) + "\"}"));
        String bad = "{\"status\":\"ok\",\"message\":\"\",\"error\":{},\"server_timestamp\":\"1767225600\","
                + "\"retry_after\":2}";
        assertEquals(
                List.of(
                        "responseJson.status: error / ok",
                        "responseJson.message: some text / ",
                        "responseJson.error.code: CLOCK_SKEW / absent",
                        "responseJson.server_timestamp: 1767225600 / 1767225600",
                        "responseJson.retry_after: absent / 2"),
                wrong(expect, "{\"responseBodyHex\":\"" + body(bad) + "\"}"));
        assertEquals(
                List.of("responseJson.error: {\"code\":\"X\"} / absent"),
                wrong(
                        "{\"responseJson\":{\"error\":{\"code\":\"X\"}}}",
                        "{\"responseBodyHex\":\"" + body("{}") + "\"}"));
        assertEquals(List.of("responseBodyHex: a JSON object / 3c"), wrong(expect, "{\"responseBodyHex\":\"3c\"}"));
        assertEquals(List.of("responseBodyHex: a JSON object / zz"), wrong(expect, "{\"responseBodyHex\":\"zz\"}"));
    }

    @Test
    void aNumberMadeByTheRunnerIsTheNumberThatWasRead() {
        ObjectNode expect = Json.object();
        expect.putObject("responseJson").put("server_timestamp", 1767225600L);
        Step step = new Step(Cases.message("/"), expect, null, null);
        String answer = "{\"responseBodyHex\":\"" + body("{\"server_timestamp\":1767225600}") + "\"}";
        assertEquals(List.of(), new Judge(false).judge(step, Json.parse(answer)));
    }

    @Test
    void whatIsOptionalIsJudgedIfShown() {
        String expect = "{\"status\":401,\"responseHeaders\":{\"a\":\"1\"},\"responseJson\":{\"b\":2}}";
        assertEquals(List.of(), wrong(expect, "{\"status\":401}"));
        assertEquals(List.of(), wrong(expect, "{\"status\":401,\"responseHeaders\":null,\"responseBodyHex\":null}"));
    }

    @Test
    void whatACaseNeedsAndTheAnswerLacksIsMissing() {
        Step step = step("{\"status\":401,\"responseHeaders\":{\"a\":\"1\"},\"responseJson\":{\"b\":2}}");
        Case needs = new Case(
                "a/b",
                Role.VERIFIER,
                "r",
                List.of("F"),
                true,
                "",
                null,
                List.of("responseHeaders", "responseBodyHex"),
                List.of(step));
        assertEquals(
                List.of("responseHeaders", "responseBodyHex"),
                Judge.missing(needs, step, Json.parse("{\"status\":401}")));
        assertEquals(
                List.of("responseBodyHex"),
                Judge.missing(needs, step, Json.parse("{\"responseHeaders\":{},\"responseBodyHex\":null}")));
        // A step that expects nothing of them needs nothing.
        assertEquals(List.of(), Judge.missing(needs, step("{\"ok\":true}"), Json.parse("{}")));
    }
}
