package dev.countersign.tck.adapter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.RejectionReason;
import dev.countersign.tck.adapter.AdapterApplication.Arrival;
import dev.countersign.testkit.RawHttp;
import dev.countersign.testkit.RawHttp.Answer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Requests whose bytes come in pieces, several on a connection, or not to the end. */
abstract class AdapterConversations extends AdapterRuns {
    private static final String TARGET = "/api/x?q";
    private static final String BODY = "the body";

    private interface Conversation {
        void run(RawHttp http, Running at) throws Exception;
    }

    private void talk(Conversation conversation) throws Exception {
        Running at = running(Border.ALL_EXCEPT);
        nothingArrived(at, "after an earlier request");
        at.verifier().forget();
        try (RawHttp http = new RawHttp(at.server().port())) {
            conversation.run(http, at);
        }
    }

    private SignedExchange post(Running at) {
        return Exchange.post(at.scheme(), TARGET, BODY);
    }

    private void expectServed(Running at, int count) {
        List<Arrival> arrivals = taken(Border.ALL_EXCEPT, at);
        assertEquals(count, arrivals.size(), arrivals::toString);
        for (Arrival arrival : arrivals) {
            assertNotNull(arrival.verified());
            assertEquals(BODY, arrival.body());
        }
    }

    @Test
    public void aRequestMayBeSplitAtEveryPosition() throws Exception {
        Running at = running(Border.ALL_EXCEPT);
        int length = post(at).chunked(5).length();
        for (int split = 1; split < length; split++) {
            String text = post(at).chunked(5);
            int position = split;
            talk((http, server) -> {
                http.send(text.substring(0, position)).send(text.substring(position));
                assertEquals(200, http.read().status(), () -> "split at " + position);
            });
            expectServed(at, 1);
        }
    }

    @Test
    public void aBodyMayComeByteByByte() throws Exception {
        talk((http, at) -> {
            http.send(post(at).head("Content-Length: 8\r\n"));
            RecordingVerifier.Seen seen = at.verifier().next();
            for (int i = 0; i < BODY.length(); i++) {
                http.send(BODY.substring(i, i + 1));
                seen.awaitBytes(1);
            }
            assertEquals(200, http.read().status());
            expectServed(at, 1);
        });
    }

    @Test
    public void aChunkedBodyMayComeChunkByChunk() throws Exception {
        talk((http, at) -> {
            http.send(post(at).head("Transfer-Encoding: chunked\r\n"));
            RecordingVerifier.Seen seen = at.verifier().next();
            for (int i = 0; i < BODY.length(); i++) {
                http.send("1\r\n" + BODY.charAt(i) + "\r\n");
                seen.awaitBytes(1);
            }
            http.send("0\r\n\r\n");
            assertEquals(200, http.read().status());
            expectServed(at, 1);
        });
    }

    @Test
    public void requestsThatAreSentAtOnceAreServedInTheirOrder() throws Exception {
        talk((http, at) -> {
            StringBuilder all = new StringBuilder();
            for (int i = 0; i < 5; i++) {
                SignedExchange signed = Exchange.post(at.scheme(), "/api/" + i, BODY);
                all.append(i % 2 == 0 ? signed.text() : signed.chunked(3));
            }
            http.send(all.toString());
            for (int i = 0; i < 5; i++) {
                assertEquals(200, http.read().status());
            }
            List<String> paths = new ArrayList<>();
            for (Arrival arrival : taken(Border.ALL_EXCEPT, at)) {
                assertNotNull(arrival.verified());
                paths.add(arrival.verified().path());
            }
            assertEquals(List.of("/api/0", "/api/1", "/api/2", "/api/3", "/api/4"), paths);
        });
    }

    @Test
    public void aRejectedRequestAmongOthersIsRejectedAlone() throws Exception {
        talk((http, at) -> {
            http.send(post(at).text() + post(at).text().replace(BODY, "the bodY") + post(at).text());
            assertEquals(200, http.read().status());
            Answer rejected = http.read();
            assertEquals(401, rejected.status(), rejected::toString);
            Answer last = readOrNull(http);
            assertTrue(last == null || last.status() == 200, "the third is served, or the connection was closed");
            expectServed(at, last == null ? 1 : 2);
        });
    }

    @Test
    public void theSameBytesCountOnce() throws Exception {
        talk((http, at) -> {
            String text = post(at).text();
            http.send(text + text);
            assertEquals(200, http.read().status());
            Answer second = http.read();
            assertEquals(401, second.status(), second::toString);
            expectServed(at, 1);
        });
        talk((http, at) -> {
            String text = post(at).text();
            assertEquals(200, RawHttp.exchange(at.server().port(), text).status());
            assertEquals(401, RawHttp.exchange(at.server().port(), text).status());
            expectServed(at, 1);
        });
    }

    @Test
    public void aClientThatLeavesHasNotUsedItsRequest() throws Exception {
        for (String framing : List.of("Content-Length: 8\r\n", "Transfer-Encoding: chunked\r\n")) {
            for (int sent : new int[] {0, 1, 5}) {
                Running at = running(Border.ALL_EXCEPT);
                SignedExchange signed = post(at);
                talk((http, server) -> {
                    String part = BODY.substring(0, sent);
                    boolean isChunked = framing.startsWith("T") && sent > 0;
                    http.send(signed.head(framing) + (isChunked ? sent + "\r\n" + part + "\r\n" : part));
                    RecordingVerifier.Seen seen = at.verifier().next();
                    seen.awaitBytes(sent);
                    http.reset();
                    seen.awaitEnd();
                });
                expectServed(at, 0);
                assertEquals(
                        200, RawHttp.exchange(at.server().port(), signed.text()).status());
                expectServed(at, 1);
            }
        }
    }

    @Test
    public void aVerificationThatEndsItselfIsAnsweredWithTheNextByte() throws Exception {
        talk((http, at) -> {
            http.send(post(at).head("Content-Length: 8\r\n") + "the ");
            RecordingVerifier.Seen seen = at.verifier().next();
            seen.awaitBytes(4);
            seen.endsItself(RejectionReason.CLOCK_SKEW);
            http.send("b");
            Answer answer = http.read();
            assertEquals(401, answer.status(), answer::toString);
            assertEquals("CLOCK_SKEW", answer.header("x-synheart-error"));
            expectServed(at, 0);
        });
    }

    @Test
    public void theClientIsAskedForItsBodyOnceTheHeadIsJudged() throws Exception {
        talk((http, at) -> {
            http.send(post(at).head("Expect: 100-continue\r\nContent-Length: 8\r\n"));
            assertEquals(100, http.read().status());
            http.send(BODY);
            assertEquals(200, http.read().status());
            expectServed(at, 1);
        });
    }

    @Test
    public void aHeadRequestHasNoBodyInItsAnswer() throws Exception {
        talk((http, at) -> {
            http.send(new SignedExchange(at.scheme(), "HEAD", "/api/x", "/api/x", "").text());
            assertEquals(200, http.read(true).status());
            assertEquals(1, taken(Border.ALL_EXCEPT, at).size());
            http.send("HEAD /api/x HTTP/1.1\r\nHost: h\r\n\r\n");
            Answer refused = http.read(true);
            assertEquals(400, refused.status());
            http.send(post(at).text());
            Answer next = readOrNull(http);
            assertTrue(next == null || next.status() == 200, "no content of a refusal is in the way");
            expectServed(at, next == null ? 0 : 1);
        });
    }

    @Test
    public void aSlowStoreChangesNoVerdict() throws Exception {
        Running at = running(Border.ALL_EXCEPT);
        at.verifier().slow(true);
        for (Exchange exchange : BodyExchanges.bodies(at.scheme())) {
            check(Border.ALL_EXCEPT, exchange);
        }
        requestsThatAreSentAtOnceAreServedInTheirOrder();
        aRejectedRequestAmongOthersIsRejectedAlone();
    }
}
