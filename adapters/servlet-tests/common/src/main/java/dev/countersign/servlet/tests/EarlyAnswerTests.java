package dev.countersign.servlet.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.servlet.CountersignFilter;
import dev.countersign.servlet.FilterGauges;
import dev.countersign.testkit.RawHttp;
import dev.countersign.testkit.RawHttp.Answer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** An answer that is sent before the body was read reaches a client that sends all of it before it looks. */
public abstract class EarlyAnswerTests extends ServletTests {
    private static final int LARGE = 4_000_000;
    private static final int TRIES = 20;
    private static final long HANGING_NANOS = TimeUnit.SECONDS.toNanos(30);

    /** For subclasses. */
    protected EarlyAnswerTests() {}

    private void expectAnswers(int status, String framing, String body) throws Exception {
        CountersignFilter filter = countersign(allExceptOpen());
        start(new WebApp().filter(filter).servlet("/", (request, response) -> served.incrementAndGet()));
        for (int i = 0; i < TRIES; i++) {
            try (RawHttp http = new RawHttp(port())) {
                http.send("POST /x HTTP/1.1\r\nHost: h\r\n" + framing + "\r\n" + body);
                Answer answer = http.read();
                expect(status, answer);
                assertTrue(answer.text().startsWith("{"), answer::toString); // and not the server's own
            }
        }
        assertEquals(0, served.get());
        long began = System.nanoTime();
        while (FilterGauges.drainsRunning(filter) > 0 && System.nanoTime() - began < HANGING_NANOS) {
            LockSupport.parkNanos(1_000_000);
        }
        assertEquals(0, FilterGauges.drainsRunning(filter));
    }

    /** By the head alone. */
    @Test
    public void afterAFaultyHead() throws Exception {
        expectAnswers(400, "Content-Length: " + LARGE + "\r\n", "x".repeat(LARGE));
    }

    /** By the head alone, and the length is not known. */
    @Test
    public void afterAFaultyHeadOfAChunkedBody() throws Exception {
        String chunks = ("10000\r\n" + "x".repeat(0x10000) + "\r\n").repeat(60) + "0\r\n\r\n";
        expectAnswers(400, "Transfer-Encoding: chunked\r\n", chunks);
    }

    /** By the announced length. */
    @Test
    public void afterALengthThatIsTooMuch() throws Exception {
        expectAnswers(413, signature("POST", "/x", "") + "Content-Length: " + LARGE + "\r\n", "x".repeat(LARGE));
    }

    /** By what has come. */
    @Test
    public void afterBytesThatAreTooMany() throws Exception {
        String chunks = ("10000\r\n" + "x".repeat(0x10000) + "\r\n").repeat(60) + "0\r\n\r\n";
        expectAnswers(413, signature("POST", "/x", "") + "Transfer-Encoding: chunked\r\n", chunks);
    }
}
