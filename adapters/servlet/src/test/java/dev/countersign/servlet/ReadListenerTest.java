package dev.countersign.servlet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.countersign.testkit.RawHttp;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The body for those who read it with a listener. */
@Timeout(60)
class ReadListenerTest {
    private final ScriptedVerifier verifier = new ScriptedVerifier();
    private final List<String> calls = Collections.synchronizedList(new ArrayList<>());
    private final CountDownLatch completed = new CountDownLatch(1);
    private final JettyServer server = new JettyServer();

    @AfterEach
    void stop() {
        server.close();
    }

    private void start(JettyServer.Application application) throws Exception {
        server.filter(verifier, "/*").servlet("/", application).start();
    }

    private String post(String body) throws Exception {
        String answer = RawHttp.exchange(
                        server.port(),
                        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                .body();
        completed.await(20, TimeUnit.SECONDS);
        return answer;
    }

    /** Echoes what it reads, in pieces, and ends the request with the end of the data. */
    private class Echo implements ReadListener {
        private final AsyncContext async;
        private final ServletInputStream in;
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        Echo(HttpServletRequest request, AsyncContext async) throws IOException {
            this.async = async;
            this.in = request.getInputStream();
        }

        @Override
        public void onDataAvailable() throws IOException {
            calls.add("data");
            byte[] piece = new byte[1000];
            while (in.isReady()) {
                int count = in.read(piece);
                if (count < 0) {
                    break;
                }
                bytes.write(piece, 0, count);
            }
        }

        @Override
        public void onAllDataRead() throws IOException {
            calls.add("end");
            async.getResponse().getOutputStream().write(bytes.toByteArray());
            async.complete();
            completed.countDown();
        }

        @Override
        public void onError(Throwable failure) {
            calls.add("error " + failure.getMessage());
            async.complete();
            completed.countDown();
        }
    }

    private static final class Silent implements ReadListener {
        @Override
        public void onDataAvailable() {}

        @Override
        public void onAllDataRead() {}

        @Override
        public void onError(Throwable failure) {}
    }

    @Test
    void aListenerIsCalledAfterTheServletHasReturned() throws Exception {
        start((request, response) -> {
            AsyncContext async = request.startAsync();
            Echo echo = new Echo(request, async);
            request.getInputStream().setReadListener(echo);
            assertThrows(
                    IllegalStateException.class, () -> request.getInputStream().setReadListener(echo));
            assertThrows(
                    NullPointerException.class, () -> request.getInputStream().setReadListener(null));
            calls.add("returned");
        });
        String body = "0123456789".repeat(50_000);
        assertEquals(body, post(body));
        assertEquals(List.of("returned", "data", "end"), calls);
    }

    @Test
    void anEmptyBodyHasAnEndAlone() throws Exception {
        start((request, response) -> {
            AsyncContext async = request.startAsync();
            request.getInputStream().setReadListener(new Echo(request, async));
        });
        assertEquals("", post(""));
        assertEquals(List.of("end"), calls);
    }

    @Test
    void aListenerSetLaterOnAnotherThreadIsCalledToo() throws Exception {
        start((request, response) -> {
            AsyncContext async = request.startAsync();
            async.start(() -> {
                try {
                    request.getInputStream().setReadListener(new Echo(request, async));
                } catch (IOException failure) {
                    calls.add(failure.toString());
                    async.complete();
                }
            });
        });
        assertEquals("abc", post("abc"));
        assertEquals(List.of("data", "end"), calls);
    }

    @Test
    void aListenerThatFailsHearsOfIt() throws Exception {
        start((request, response) -> {
            AsyncContext async = request.startAsync();
            request.getInputStream().setReadListener(new Echo(request, async) {
                @Override
                public void onDataAvailable() throws IOException {
                    throw new IOException("no");
                }
            });
        });
        assertEquals("", post("abc"));
        assertEquals(List.of("error no"), calls);
    }

    @Test
    void aListenerNeedsAsynchronousMode() throws Exception {
        start((request, response) -> {
            ServletInputStream in = request.getInputStream();
            assertThrows(IllegalStateException.class, () -> in.setReadListener(new Silent()));
            completed.countDown();
            response.getOutputStream().write(in.readAllBytes());
        });
        assertEquals("abc", post("abc"));
    }

    @Test
    void whoReadsTheRestLaterIsToldTheEndOnce() throws Exception {
        List<Runnable> tasks = new ArrayList<>();
        Executor container = tasks::add;
        BodyBuffer body = new BodyBuffer(new BodyMemory(1 << 20));
        while (body.size() < 3) {
            body.readFrom(new java.io.ByteArrayInputStream(new byte[] {1, 2, 3}));
        }
        ReplayedInputStream in = new ReplayedInputStream(body, () -> true, container);
        AtomicInteger ends = new AtomicInteger();
        in.setReadListener(new ReadListener() {
            @Override
            public void onDataAvailable() {
                calls.add("data " + in.read());
            }

            @Override
            public void onAllDataRead() {
                ends.incrementAndGet();
            }

            @Override
            public void onError(Throwable failure) {
                calls.add("error");
            }
        });
        assertEquals(List.of(), calls);
        in.dispatchReturned();
        assertEquals(List.of("data 1"), calls);
        assertEquals(2, in.read(new byte[10], 0, 10));
        assertEquals(-1, in.read());
        assertEquals(0, ends.get());
        tasks.forEach(Runnable::run);
        assertEquals(1, ends.get());
        assertEquals(List.of("data 1"), calls);
    }
}
