package dev.countersign.api.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The hash of a device against OpenSSL, by the very command that the documentation gives to operators. */
class DeviceHashTest {
    private static final String APP = "com.acme.app";
    private static final String DEVICE = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    private static final String FROM_A_FILE = "$(od -An -v -tx1 redaction.key | tr -d ' \\n')";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @Test
    void theDocumentedCommandPrintsWhatIsDocumentedAndWhatWeCompute() throws Exception {
        String command = documentedCommand();
        Matcher printed = Pattern.compile(
                        "^device_hash (\\S+) (\\S+) ([0-9a-f]+) # prints ([0-9a-f]{16})$", Pattern.MULTILINE)
                .matcher(command);
        assertTrue(printed.find(), command);
        DeviceHash hash = DeviceHash.withKey(HexFormat.of().parseHex(printed.group(3)));
        assertEquals(printed.group(4), hash.of(new DeviceIdentity(printed.group(1), printed.group(2))));
        assertEquals(List.of(printed.group(4)), shell(command));
    }

    @Test
    void theDocumentedCommandAgreesForAnyIds() throws Exception {
        Random random = new Random(10);
        String function = documentedCommand().replaceFirst("(?m)^device_hash com.*$", "");
        String script = function + "while [ $# -gt 0 ]; do device_hash \"$1\" \"$2\" \"$3\"; shift 3; done\n";
        List<String> arguments = new ArrayList<>();
        List<String> expected = new ArrayList<>();
        // 37 is the length whose byte is a percent sign, 92 the one whose byte is a backslash.
        for (int length : new int[] {1, 2, 7, 8, 9, 10, 13, 34, 36, 37, 39, 63, 64, 92, 96, 127, 128}) {
            byte[] key = new byte[16 + random.nextInt(80)];
            random.nextBytes(key);
            DeviceIdentity device = new DeviceIdentity(visible(random, length), visible(random, 129 - length));
            arguments.addAll(
                    List.of(device.appId(), device.deviceId(), HexFormat.of().formatHex(key)));
            expected.add(DeviceHash.withKey(key).of(device));
        }
        for (String special : List.of("%s%n", "\\0101\\c", "$HOME`id`", "'\"'", "-n", "-e", "*", "~", "a\\")) {
            DeviceIdentity device = new DeviceIdentity(special, special + special);
            arguments.addAll(List.of(special, special + special, "00".repeat(16)));
            expected.add(DeviceHash.withKey(new byte[16]).of(device));
        }
        assertEquals(expected, shell(script, arguments.toArray(String[]::new)));
    }

    @Test
    void aKeyInAFileBecomesHexadecimalAsDocumented() throws Exception {
        assertTrue(Files.readString(operations()).contains("`" + FROM_A_FILE + "`"));
        byte[] key = new byte[100];
        new Random(3).nextBytes(key);
        Arrays.fill(key, 20, 80, (byte) 7); // od would print a star for lines that repeat
        Files.write(folder.resolve("redaction.key"), key);
        assertEquals(List.of(HexFormat.of().formatHex(key)), shell("echo \"" + FROM_A_FILE + "\""));
    }

    @Test
    void aKnownHash() {
        // Under 16 zero bytes; computed with OpenSSL. DriverListenersTest has the same one from an event.
        DeviceHash hash = DeviceHash.withKey(new byte[16]);
        assertEquals("2e6a9ee5970e5a06", hash.of(new DeviceIdentity(APP, DEVICE)));
        assertEquals(
                "2e6a9ee5970e5a06",
                hash.of(new DeviceIdentity(APP, "6BA7B810-9DAD-41D1-80B4-00C04FD430C8")),
                "one device, whatever case its UUID came in");
        assertNotEquals(
                hash.of(new DeviceIdentity("ab", "c")), hash.of(new DeviceIdentity("a", "bc")), "lengths count");
    }

    @Test
    void keysAreLongEnoughAndCopiedAndNotShown() {
        IllegalArgumentException refused =
                assertThrows(IllegalArgumentException.class, () -> DeviceHash.withKey(new byte[15]));
        assertTrue(String.valueOf(refused.getMessage()).contains("16"));
        byte[] key = new byte[16];
        DeviceHash hash = DeviceHash.withKey(key);
        key[0] = 1;
        assertEquals("2e6a9ee5970e5a06", hash.of(new DeviceIdentity(APP, DEVICE)));
        assertEquals("DeviceHash[HMAC-SHA256]", hash.toString());
    }

    @Test
    void aRandomKeyIsAnotherEachTime() {
        DeviceIdentity device = new DeviceIdentity(APP, DEVICE);
        String one = DeviceHash.withRandomKey().of(device);
        assertTrue(one.matches("[0-9a-f]{16}"), one);
        assertFalse(one.equals(DeviceHash.withRandomKey().of(device)));
    }

    /** The block of code under the heading. */
    private static String documentedCommand() throws Exception {
        Matcher block = Pattern.compile("### Finding the lines of one device\n.*?```sh\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(operations()));
        assertTrue(block.find(), "the section has a command");
        return block.group(1);
    }

    private static Path operations() {
        return Path.of("..", "docs", "operations.md");
    }

    /** The lines that it prints; fails if it prints to standard error, as it does where OpenSSL (package openssl) is absent. */
    private List<String> shell(String script, String... arguments) throws Exception {
        Path file = Files.writeString(folder.resolve("script"), script);
        List<String> command = new ArrayList<>(List.of("sh", file.toString()));
        command.addAll(List.of(arguments));
        Path output = folder.resolve("output");
        Path errors = folder.resolve("errors");
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(output.toFile())
                .redirectError(errors.toFile())
                .start();
        try {
            assertTrue(process.waitFor(120, TimeUnit.SECONDS), "it hangs");
        } finally {
            process.destroy();
        }
        assertEquals("", Files.readString(errors));
        assertEquals(0, process.exitValue());
        return Files.readAllLines(output, StandardCharsets.US_ASCII);
    }

    private static String visible(Random random, int length) {
        StringBuilder id = new StringBuilder();
        while (id.length() < length) {
            char c = (char) ('!' + random.nextInt('~' - '!' + 1));
            if (c != ',') {
                id.append(c);
            }
        }
        return id.toString();
    }
}
