package dev.countersign.servlet.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.servlet.CountersignFilter;
import dev.countersign.testkit.RawHttp.Answer;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Servlets that answer later read the verified body, in each of the ways that there are. */
public abstract class AsynchronousTests extends ServletTests {
    private static final String BODY = "the body ".repeat(5_000);

    /** For subclasses. */
    protected AsynchronousTests() {}

    private void expectEcho(WebApp.Application application) throws Exception {
        start(new WebApp().filter(countersign(allExceptOpen())).servlet("/", application));
        for (String framing : List.of("", "Transfer-Encoding: chunked\r\n")) {
            Answer answer = send(signed("POST", "/a%2Fb;c", framing, BODY));
            expect(200, answer);
            assertEquals(BODY, answer.text());
            assertEquals(List.of("no-store"), answer.headers("cache-control"));
        }
        assertEquals(2, scheme.events().size(), "verified once each");
    }

    private static void write(HttpServletResponse response, byte[] body) {
        try {
            response.getOutputStream().write(body);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** On a thread of the container's. */
    @Test
    public void aTaskOfTheContainerReadsTheBody() throws Exception {
        expectEcho((request, response) -> {
            AsyncContext async = request.startAsync();
            async.start(() -> {
                try {
                    byte[] body = async.getRequest().getInputStream().readAllBytes();
                    CountersignFilter.require(async.getRequest());
                    write((HttpServletResponse) async.getResponse(), body);
                } catch (IOException failure) {
                    throw new UncheckedIOException(failure);
                } finally {
                    async.complete();
                }
            });
        });
    }

    /** On a thread of its own, when the container's has returned. */
    @Test
    public void aThreadReadsTheBodyLater() throws Exception {
        CountDownLatch returned = new CountDownLatch(1);
        start(new WebApp()
                .step((request, response, chain) -> {
                    chain.doFilter(request, response);
                    returned.countDown();
                })
                .filter(countersign(allExceptOpen()))
                .servlet("/", (request, response) -> {
                    AsyncContext async = request.startAsync(request, response);
                    new Thread(() -> {
                                try {
                                    returned.await();
                                    write(
                                            (HttpServletResponse) async.getResponse(),
                                            async.getRequest().getInputStream().readAllBytes());
                                } catch (IOException | InterruptedException failure) {
                                    throw new IllegalStateException(failure);
                                } finally {
                                    async.complete();
                                }
                            })
                            .start();
                }));
        Answer answer = send(signed("POST", "/x", "", BODY));
        expect(200, answer);
        assertEquals(BODY, answer.text());
        assertEquals(List.of("no-store"), answer.headers("cache-control"));
    }

    /** Where the dispatch comes back to the same servlet. */
    @Test
    public void aDispatchComesBackWithTheBody() throws Exception {
        expectEcho((request, response) -> {
            if (request.getDispatcherType() == DispatcherType.REQUEST) {
                request.startAsync().dispatch();
            } else {
                CountersignFilter.require(request);
                write(response, request.getInputStream().readAllBytes());
            }
        });
    }

    /** A listener is called as by a container. */
    @Test
    public void aReadListenerGetsTheBody() throws Exception {
        expectEcho((request, response) -> {
            AsyncContext async = request.startAsync();
            request.getInputStream().setReadListener(new Echo(async, request));
        });
    }

    private static final class Echo implements ReadListener {
        private final AsyncContext async;
        private final ServletInputStream in;
        private final ByteArrayOutputStream body = new ByteArrayOutputStream();

        Echo(AsyncContext async, HttpServletRequest request) throws IOException {
            this.async = async;
            this.in = request.getInputStream();
        }

        @Override
        public void onDataAvailable() throws IOException {
            byte[] chunk = new byte[1_000];
            while (in.isReady() && !in.isFinished()) {
                int read = in.read(chunk);
                if (read > 0) {
                    body.write(chunk, 0, read);
                }
            }
        }

        @Override
        public void onAllDataRead() throws IOException {
            ServletOutputStream out = async.getResponse().getOutputStream();
            byte[] all = body.toByteArray();
            out.setWriteListener(new WriteListener() {
                private int written;

                @Override
                public void onWritePossible() throws IOException {
                    while (out.isReady()) {
                        if (written == all.length) {
                            async.complete();
                            return;
                        }
                        int count = Math.min(10_000, all.length - written);
                        out.write(all, written, count);
                        written += count;
                    }
                }

                @Override
                public void onError(Throwable failure) {
                    async.complete();
                }
            });
        }

        @Override
        public void onError(Throwable failure) {
            async.complete();
        }
    }

    /** A time limit that ends it. */
    @Test
    public void aTimeLimitIsAnswered() throws Exception {
        start(new WebApp().filter(countersign(allExceptOpen())).servlet("/", (request, response) -> {
            AsyncContext async = request.startAsync();
            async.setTimeout(50);
            async.addListener(new AsyncListener() {
                @Override
                public void onTimeout(AsyncEvent event) throws IOException {
                    ((HttpServletResponse) async.getResponse()).setStatus(504);
                    async.complete();
                }

                @Override
                public void onComplete(AsyncEvent event) {
                    served.incrementAndGet();
                }

                @Override
                public void onError(AsyncEvent event) {}

                @Override
                public void onStartAsync(AsyncEvent event) {}
            });
        }));
        Answer answer = send(signed("POST", "/x", "", BODY));
        expect(504, answer);
        assertTrue(answer.headers("cache-control").contains("no-store"), answer::toString);
    }
}
