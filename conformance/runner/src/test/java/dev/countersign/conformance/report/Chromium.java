package dev.countersign.conformance.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.suite.Json;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A headless Chromium, led through its DevTools protocol. */
final class Chromium implements AutoCloseable {
    private static final Pattern LISTENING = Pattern.compile("DevTools listening on (ws://\\S+)");
    private static final int SECONDS = 60;

    private final Process process;
    private final WebSocket socket;
    private final AtomicInteger ids = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> calls = new ConcurrentHashMap<>();
    private final Map<String, Tab> tabs = new ConcurrentHashMap<>();

    private Chromium(Process process, URI address) {
        this.process = process;
        this.socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(address, new Messages())
                .orTimeout(SECONDS, TimeUnit.SECONDS)
                .join();
    }

    /** Starts one with an empty profile in this folder. */
    static Chromium start(Path folder) throws IOException {
        String program = Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .map(entry -> Path.of(entry, "chromium"))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst()
                .orElseThrow(
                        () -> new AssertionError(
                                "This test needs the browser Chromium, and there is no chromium on the PATH. On Debian: apt-get install chromium"));
        Process process = new ProcessBuilder(
                        program,
                        "--headless=new",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-quic",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--disable-dev-shm-usage",
                        "--hide-scrollbars",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + folder.resolve("profile"),
                        "about:blank")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        BufferedReader errors = process.errorReader();
        StringBuilder said = new StringBuilder();
        for (String line = errors.readLine(); line != null; line = errors.readLine()) {
            said.append(line).append('\n');
            Matcher address = LISTENING.matcher(line);
            if (address.find()) {
                Thread drain = new Thread(() -> errors.lines().forEach(rest -> {}), "chromium's errors");
                drain.setDaemon(true);
                drain.start();
                return new Chromium(process, URI.create(address.group(1)));
            }
        }
        throw new AssertionError("Chromium did not start:\n" + said);
    }

    /** A new tab. */
    Tab tab() {
        String target = call("", "Target.createTarget", Json.object().put("url", "about:blank"))
                .path("targetId")
                .asText();
        String session = call(
                        "",
                        "Target.attachToTarget",
                        Json.object().put("targetId", target).put("flatten", true))
                .path("sessionId")
                .asText();
        Tab tab = new Tab(session, target);
        tabs.put(session, tab);
        for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
            tab.call(domain + ".enable", Json.object());
        }
        return tab;
    }

    private JsonNode call(String session, String method, ObjectNode parameters) {
        return send(session, method, parameters)
                .orTimeout(SECONDS, TimeUnit.SECONDS)
                .join();
    }

    private CompletableFuture<JsonNode> send(String session, String method, ObjectNode parameters) {
        int id = ids.incrementAndGet();
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        calls.put(id, answer);
        ObjectNode message = Json.object().put("id", id).put("method", method);
        message.set("params", parameters);
        if (!session.isEmpty()) {
            message.put("sessionId", session);
        }
        socket.sendText(Json.line(message), true).exceptionally(failure -> {
            answer.completeExceptionally(failure);
            return socket;
        });
        return answer;
    }

    @Override
    public void close() {
        try {
            call("", "Browser.close", Json.object());
            process.onExit().orTimeout(SECONDS, TimeUnit.SECONDS).join();
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private final class Messages implements WebSocket.Listener {
        private final StringBuilder parts = new StringBuilder();

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
            parts.append(part);
            if (last) {
                JsonNode message = Json.parse(parts.toString());
                parts.setLength(0);
                Tab tab = tabs.get(message.path("sessionId").asText());
                if (message.has("id")) {
                    CompletableFuture<JsonNode> call =
                            calls.remove(message.path("id").asInt());
                    if (call != null && message.has("error")) {
                        call.completeExceptionally(new AssertionError(message.toString()));
                    } else if (call != null) {
                        call.complete(message.path("result"));
                    }
                } else if (tab != null) {
                    tab.happened(message.path("method").asText(), message.path("params"));
                }
            }
            from.request(1);
            return null;
        }

        @Override
        public void onError(WebSocket from, Throwable error) {
            calls.values().forEach(call -> call.completeExceptionally(error));
        }
    }

    /** A tab, and all that happened in it. */
    final class Tab implements AutoCloseable {
        private final String session;
        private final String target;
        private final List<String> complaints = new CopyOnWriteArrayList<>();
        private final List<String> requests = new CopyOnWriteArrayList<>();
        private final LinkedBlockingQueue<String> loads = new LinkedBlockingQueue<>();
        private boolean scripts = true;

        private Tab(String session, String target) {
            this.session = session;
            this.target = target;
        }

        JsonNode call(String method, ObjectNode parameters) {
            return Chromium.this.call(session, method, parameters);
        }

        private void happened(String event, JsonNode what) {
            switch (event) {
                case "Page.loadEventFired" -> loads.add(event);
                case "Network.requestWillBeSent" ->
                    requests.add(what.path("request").path("url").asText());
                case "Page.javascriptDialogOpening" -> {
                    complaints.add(event + " " + what);
                    var unused = send(
                            session,
                            "Page.handleJavaScriptDialog",
                            Json.object().put("accept", false));
                }
                case "Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded" ->
                    complaints.add(event + " " + what);
                default -> {}
            }
        }

        /** Exceptions, violations of the policy, dialogs, and everything that was written to the console. */
        List<String> complaints() {
            evaluate("0"); // what happened before is told before the answer
            return List.copyOf(complaints);
        }

        /** URLs that were asked for, the page's own included. */
        List<String> requests() {
            return List.copyOf(requests);
        }

        /** Loads a page and waits until it is there. */
        Tab load(Path file, String fragment) {
            // From one fragment to another nothing is loaded: hence the detour.
            navigate("about:blank");
            requests.clear();
            complaints.clear();
            return navigate(file.toUri() + fragment);
        }

        private Tab navigate(String url) {
            loads.clear();
            call("Page.navigate", Json.object().put("url", url));
            awaitLoad();
            return this;
        }

        void reload() {
            loads.clear();
            call("Page.reload", Json.object());
            awaitLoad();
        }

        private void awaitLoad() {
            try {
                if (loads.poll(SECONDS, TimeUnit.SECONDS) == null) {
                    throw new AssertionError("the page did not load");
                }
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        /** The value of an expression. */
        JsonNode evaluate(String expression) {
            JsonNode result = call(
                    "Runtime.evaluate",
                    Json.object()
                            .put("expression", expression)
                            .put("returnByValue", true)
                            .put("awaitPromise", true));
            if (result.has("exceptionDetails")) {
                throw new AssertionError(expression + ": " + result.path("exceptionDetails"));
            }
            return result.path("result").path("value");
        }

        String text(String selector) {
            return evaluate("document.querySelector('" + selector + "').textContent")
                    .asText();
        }

        List<String> list(String expression) {
            List<String> values = new ArrayList<>();
            evaluate("[..." + expression + "]").forEach(value -> values.add(value.asText()));
            return values;
        }

        /** Clicks into the middle of an element, as a person with a mouse does. */
        void click(String selector) {
            JsonNode middle = evaluate("(() => { const e = document.querySelector('" + selector + "');"
                    + " e.scrollIntoView({block: 'center'}); const b = e.getBoundingClientRect();"
                    + " return {x: b.x + Math.min(b.width / 2, 60), y: b.y + b.height / 2}; })()");
            for (String type : List.of("mousePressed", "mouseReleased")) {
                call(
                        "Input.dispatchMouseEvent",
                        Json.object()
                                .put("type", type)
                                .put("x", middle.path("x").asDouble())
                                .put("y", middle.path("y").asDouble())
                                .put("button", "left")
                                .put("clickCount", 1));
            }
            settle();
        }

        /** Types text into what has the focus. */
        void type(String text) {
            call("Input.insertText", Json.object().put("text", text));
            settle();
        }

        /** Presses a key: Tab, Enter, Space or ArrowDown. */
        void press(String key) {
            int code =
                    switch (key) {
                        case "Tab" -> 9;
                        case "Enter" -> 13;
                        case "Space" -> 32;
                        case "ArrowDown" -> 40;
                        default -> throw new IllegalArgumentException(key);
                    };
            ObjectNode down = Json.object()
                    .put("type", "keyDown")
                    .put("key", key.equals("Space") ? " " : key)
                    .put("code", key)
                    .put("windowsVirtualKeyCode", code);
            if (key.equals("Enter") || key.equals("Space")) {
                down.put("text", key.equals("Enter") ? "\r" : " ");
            }
            call("Input.dispatchKeyEvent", down);
            call("Input.dispatchKeyEvent", down.deepCopy().put("type", "keyUp").without("text"));
            settle();
        }

        /** Waits until what an input caused was painted; then scripts, changes of the fragment and scrolling are done. */
        void settle() {
            if (!scripts) {
                evaluate("0"); // no timers; but nothing is left to the page, either
                return;
            }
            evaluate("(async () => { for (let i = 0; i < 2; i++) {"
                    + " await new Promise(done => requestAnimationFrame(() => setTimeout(done))); } })()");
        }

        void size(int width, int height) {
            call(
                    "Emulation.setDeviceMetricsOverride",
                    Json.object()
                            .put("width", width)
                            .put("height", height)
                            .put("deviceScaleFactor", 1)
                            .put("mobile", false));
        }

        /** A medium, and light or dark. */
        void media(String medium, String scheme) {
            ObjectNode media = Json.object().put("media", medium);
            media.putArray("features")
                    .addObject()
                    .put("name", "prefers-color-scheme")
                    .put("value", scheme);
            call("Emulation.setEmulatedMedia", media);
        }

        void scripts(boolean run) {
            scripts = run;
            call("Emulation.setScriptExecutionDisabled", Json.object().put("value", !run));
        }

        /** For looking at, from {@code -Dreport.screenshots=FOLDER}. */
        void screenshot(String name) {
            String folder = System.getProperty("report.screenshots");
            if (folder == null) {
                return;
            }
            String png = call("Page.captureScreenshot", Json.object().put("captureBeyondViewport", false))
                    .path("data")
                    .asText();
            try {
                Files.write(Path.of(folder, name + ".png"), Base64.getDecoder().decode(png));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() {
            tabs.remove(session);
            Chromium.this.call("", "Target.closeTarget", Json.object().put("targetId", target));
        }
    }
}
