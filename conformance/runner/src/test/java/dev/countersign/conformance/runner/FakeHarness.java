package dev.countersign.conformance.runner;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.conformance.suite.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * A harness that misbehaves as it is told: for good by its arguments, for one case by the case's {@code path}. A program of
 * its own.
 */
public final class FakeHarness {
    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private final BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    private final List<String> habits;
    private final List<String> kept = new ArrayList<>();
    private boolean fresh;

    private FakeHarness(List<String> habits) {
        this.habits = habits;
    }

    /** The command that starts it. */
    public static List<String> command(String... habits) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                FakeHarness.class.getName()));
        command.addAll(List.of(habits));
        return command;
    }

    /** The same as a command line. */
    public static String commandLine(String... habits) {
        return "\"" + String.join("\" \"", command(habits)) + "\"";
    }

    /** Serves. */
    public static void main(String[] args) throws Exception {
        new FakeHarness(List.of(args)).serve();
    }

    private void serve() throws Exception {
        if (habits.contains("park")) {
            hang();
        }
        if (habits.contains("dies-at-start")) {
            System.err.println("no such thing as a module");
            System.exit(9);
        }
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            JsonNode request = Json.parse(line);
            if (request.path("op").asText().equals("hello")) {
                hello(request.path("id").asLong());
            } else {
                answer(request);
                if (habits.contains("one-answer")) {
                    System.exit(0);
                }
            }
        }
        if (habits.contains("hangs-at-end")) {
            hang();
        }
        if (habits.contains("talks-at-end")) {
            out.println("Goodbye!");
        }
        System.exit(habits.contains("fails-at-end") ? 3 : 0);
    }

    private void hello(long id) {
        ObjectNode hello = Json.object().put("id", id).put("protocol", 1);
        hello.put("name", "fake").put("version", "0.1").put("language", "Java");
        hello.putArray("ops").add("message").add("reset").add("verify");
        for (String habit : habits) {
            switch (habit) {
                case "hello-banner" -> out.println("Welcome!");
                case "hello-silence" -> hang();
                case "hello-other-id" -> hello.put("id", id + 1);
                case "hello-protocol-2" -> hello.put("protocol", 2);
                case "hello-no-ops" -> hello.remove("ops");
                case "hello-no-name" -> hello.remove("name");
                case "hello-error" -> hello = Json.object().put("id", id).put("error", "not today");
                case "hello-control" -> hello.put("name", "\u001b[31mfake");
                default -> {}
            }
        }
        out.println(Json.line(hello));
    }

    private void answer(JsonNode request) throws Exception {
        long id = request.path("id").asLong();
        switch (request.path("op").asText()) {
            case "reset" -> {
                fresh = true;
                out.println(Json.line(Json.object().put("id", id).put("ok", true)));
            }
            case "verify" -> {
                boolean alone = fresh && !in.ready();
                fresh = false;
                act(request.path("target").asText(), id, "verdict", alone ? "accepted" : "disturbed");
            }
            default -> act(request.path("path").asText(), id, "messageHex", "00");
        }
    }

    private void act(String how, long id, String field, String right) throws Exception {
        ObjectNode answer = Json.object().put("id", id).put(field, right);
        switch (how.replaceFirst("=.*", "")) {
            case "/wrong" -> say(answer.put(field, "01"));
            case "/skip" -> say(Json.object().put("id", id).put("skipped", "no such thing here"));
            case "/error" -> say(Json.object().put("id", id).put("error", "NullPointer\u001b[31m"));
            case "/nulls" -> say(answer.putNull("skipped").putNull("error"));
            case "/die" -> {
                System.err.println("about to die\nnow");
                System.exit(7);
            }
            case "/die-once" -> {
                Path mark = Path.of(how.substring(how.indexOf('=') + 1));
                if (Files.notExists(mark)) {
                    Files.createFile(mark);
                    System.exit(8);
                }
                say(answer);
            }
            case "/close" -> {
                out.close();
                hang();
            }
            case "/hang" -> hang();
            case "/pid-and-hang" -> {
                Files.writeString(
                        Path.of(how.substring(how.indexOf('=') + 1)),
                        ProcessHandle.current().pid() + "\n");
                hang();
            }
            case "/silence" -> System.err.println("what?");
            case "/garbage" -> out.println("Segmentation fault");
            case "/array" -> out.println("[" + id + "]");
            case "/empty" -> out.println();
            case "/no-id" -> out.println("{\"messageHex\":\"00\"}");
            case "/text-id" -> out.println("{\"id\":\"" + id + "\",\"messageHex\":\"00\"}");
            case "/huge-id" -> out.println("{\"id\":99999999999999999999999,\"messageHex\":\"00\"}");
            case "/unknown-id" -> say(answer.put("id", 999_999));
            case "/twice" -> {
                say(answer);
                say(answer);
            }
            case "/double-field" -> out.println("{\"id\":" + id + ",\"id\":" + id + "}");
            case "/long" -> {
                answer.put("padding", "x".repeat(200_000));
                say(answer);
            }
            case "/endless" -> {
                while (true) {
                    out.print("x".repeat(10_000));
                }
            }
            case "/deep" -> out.println("[".repeat(50_000));
            case "/latin1" -> {
                out.write(new byte[] {'{', '"', (byte) 0xe9, '"', '}', '\n'});
                out.flush();
            }
            case "/partial" -> {
                out.print("{\"id\":" + id);
                out.flush();
                System.exit(0);
            }
            case "/stderr" -> {
                System.err.println("y".repeat(2_000_000));
                for (int i = 0; i < 20_000; i++) {
                    System.err.println("line " + i);
                }
                say(answer);
            }
            case "/child" -> {
                Process child = new ProcessBuilder(command("park")).start();
                Files.writeString(Path.of(how.substring(how.indexOf('=') + 1)), child.pid() + "\n");
                say(answer);
            }
            default -> say(answer);
        }
    }

    private void say(ObjectNode answer) throws IOException {
        if (!habits.contains("reverses-four")) {
            out.println(Json.line(answer));
            return;
        }
        kept.add(Json.line(answer));
        if (kept.size() == 4) {
            Collections.reverse(kept);
            kept.forEach(out::println);
            kept.clear();
        }
    }

    private static void hang() {
        while (true) {
            LockSupport.park();
        }
    }
}
