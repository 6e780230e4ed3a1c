package dev.countersign.servlet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.route.Routes;
import dev.countersign.testkit.RawHttp;
import dev.countersign.testkit.RawHttp.Answer;
import jakarta.servlet.MultipartConfigElement;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.Part;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The parts of a verified body, which the container cannot read any more. */
@Timeout(60)
class MultipartTest {
    private static final String TYPE = "multipart/form-data; boundary=b";
    private static final String TWO_PARTS = String.join(
            "\r\n",
            "--b",
            "Content-Disposition: form-data; name=\"amount\"",
            "",
            "10",
            "--b",
            "Content-Disposition: form-data; name=\"file\"; filename=\"\u00c3\u00a4.txt\"",
            "Content-Type: text/plain",
            "X-Own: 1",
            "",
            "line\r\n",
            "--b--\r\n");

    private final ScriptedVerifier verifier = new ScriptedVerifier();
    private final JettyServer server = new JettyServer();

    @AfterEach
    void stop() {
        server.close();
    }

    private void start(MultipartLimits limits, JettyServer.Application application) throws Exception {
        CountersignFilter filter = JettyServer.settings(Routes.by(verifier).protectAllExcept())
                .multipartLimits(limits)
                .build();
        server.filter(filter, "/*", true).servlet("/", application).start();
    }

    private Answer send(String method, String target, String type, String body) throws IOException {
        return RawHttp.exchange(
                server.port(),
                method + " " + target + " HTTP/1.1\r\nHost: h\r\nContent-Type: " + type + "\r\nContent-Length: "
                        + body.length() + "\r\n\r\n" + body);
    }

    private static void show(HttpServletRequest request, HttpServletResponse response)
            throws IOException, ServletException {
        List<String> shown = new ArrayList<>();
        for (Part part : request.getParts()) {
            shown.add(part.getName() + "/" + part.getSubmittedFileName() + "/" + part.getContentType() + "/"
                    + part.getHeader("x-own") + "/" + part.getSize() + "/"
                    + new String(part.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip());
        }
        shown.add(String.valueOf(request.getParameter("amount")));
        response.setCharacterEncoding("UTF-8");
        response.getWriter().print(String.join(" ", shown));
    }

    @Test
    void partsAndFieldsComeFromTheVerifiedBytes() throws Exception {
        start(MultipartLimits.standard(), MultipartTest::show);
        String expected = "amount/null/null/null/2/10 file/\u00e4.txt/text/plain/1/6/line ";
        assertEquals(
                expected + "10", send("POST", "/?amount=1000", TYPE, TWO_PARTS).text());
        assertEquals(TWO_PARTS, verifier.next().text());
        assertEquals(
                expected + "1000",
                send("PUT", "/?amount=1000", TYPE, TWO_PARTS).text(),
                "a PUT has parts, and no form");
    }

    @Test
    void aFormWithoutFieldsHasNoParts() throws Exception {
        start(MultipartLimits.standard(), MultipartTest::show);
        assertEquals("null", send("POST", "/", TYPE, "--b--\r\n").text());
    }

    @Test
    void aPartIsFoundByItsNameAndWrittenToAFile(@TempDir Path folder) throws Exception {
        start(MultipartLimits.standard(), (request, response) -> {
            assertEquals(null, request.getPart("none"));
            Part part = request.getPart("file");
            part.write(folder.resolve("copy").toString());
            part.delete();
            assertTrue(!part.toString().contains("txt"));
            response.getWriter().print(part.getHeaders("X-OWN") + " " + part.getHeaderNames());
        });
        assertEquals(
                "[1] [content-disposition, content-type, x-own]",
                send("POST", "/", TYPE, TWO_PARTS).text());
        assertEquals("line\r\n", Files.readString(folder.resolve("copy")));
    }

    @ParameterizedTest
    @CsvSource({
        "POST, text/plain, 500",
        "POST, multipart/form-data, 400",
        "POST, multipart/form-data; boundary=other, 400",
        "POST, multipart/form-data; boundary=" + LONG + ", 400"
    })
    void whatHasNoPartsSaysSo(String method, String type, int status) throws Exception {
        start(MultipartLimits.standard(), MultipartTest::show);
        assertEquals(status, send(method, "/", type, TWO_PARTS).status());
    }

    private static final String LONG =
            "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    @Test
    void limitsAreAnsweredWith413() throws Exception {
        start(
                MultipartLimits.standard()
                        .withMaxParts(2)
                        .withMaxPartHeaderBytes(200)
                        .withMaxPartBytes(100),
                MultipartTest::show);
        String part = "--b\r\nContent-Disposition: form-data; name=\"x\"";
        assertEquals(
                200,
                send("POST", "/", TYPE, (part + "\r\n\r\n1\r\n").repeat(2) + "--b--")
                        .status());
        assertEquals(
                413,
                send("POST", "/", TYPE, (part + "\r\n\r\n1\r\n").repeat(3) + "--b--")
                        .status());
        assertEquals(
                413,
                send("POST", "/", TYPE, part + "\r\nX: " + "x".repeat(200) + "\r\n\r\n1\r\n--b--")
                        .status());
        assertEquals(
                413,
                send("POST", "/", TYPE, part + "\r\n\r\n" + "1".repeat(101) + "\r\n--b--")
                        .status());
        assertEquals(200, send("POST", "/", TYPE, TWO_PARTS).status());
    }

    @Test
    void theContainersOwnLimitsCount() throws Exception {
        server.filter(Routes.by(verifier).protectAllExcept())
                .servlet("/", MultipartTest::show, new MultipartConfigElement("", 5, 1000, 0))
                .start();
        assertEquals(413, send("POST", "/", TYPE, TWO_PARTS).status());
        assertEquals(413, send("POST", "/", TYPE, "x".repeat(1001)).status());
        assertEquals(
                200, send("POST", "/", TYPE, TWO_PARTS.replace("line", "l")).status());
    }

    @Test
    void anApplicationMayCatchIt() throws Exception {
        start(MultipartLimits.standard(), (request, response) -> {
            MultipartException malformed = assertThrows(MultipartException.class, request::getParts);
            assertEquals(400, malformed.status());
            assertThrows(MultipartException.class, () -> request.getParameter("amount"));
            assertEquals("no parts", new String(request.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        });
        assertEquals(200, send("POST", "/", TYPE, "no parts").status());
    }

    /** As where the optional library is not on the class path. */
    @Test
    void withoutTheLibraryItSaysWhichOneIsMissing() throws Exception {
        ClassLoader without = new ClassLoader(MultipartTest.class.getClassLoader()) {
            @Override
            protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
                if (name.startsWith("org.apache.commons.")) {
                    throw new ClassNotFoundException(name);
                }
                if (!name.startsWith("dev.countersign.servlet.")) {
                    return super.loadClass(name, resolve);
                }
                Class<?> loaded = findLoadedClass(name);
                if (loaded != null) {
                    return loaded;
                }
                try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
                    byte[] bytes = Objects.requireNonNull(in).readAllBytes();
                    return defineClass(name, bytes, 0, bytes.length);
                } catch (IOException unreadable) {
                    throw new ClassNotFoundException(name, unreadable);
                }
            }
        };
        Object status = without.loadClass(Unequipped.class.getName())
                .getMethod("status")
                .invoke(null);
        assertEquals("415 commons-fileupload2-core", status);
    }

    /** Loaded where the library is not. */
    public static final class Unequipped {
        private Unequipped() {}

        /** What the parser says. */
        public static String status() {
            MultipartParser parser = new MultipartParser(MultipartLimits.standard());
            try {
                return parser.parse(new BodyBuffer(new BodyMemory(1 << 20)), TYPE, null, Path.of("."))
                        .toString();
            } catch (MultipartException missing) {
                String name = "commons-fileupload2-core";
                return missing.status() + (String.valueOf(missing.getMessage()).contains(name) ? " " + name : "");
            }
        }
    }

    @Test
    void limitsAreAtLeastOne() {
        assertThrows(
                IllegalArgumentException.class, () -> MultipartLimits.standard().withMaxParts(0));
        assertThrows(
                IllegalArgumentException.class, () -> MultipartLimits.standard().withMaxPartHeaderBytes(0));
        assertThrows(
                IllegalArgumentException.class, () -> MultipartLimits.standard().withMaxPartBytes(0));
    }

    @Provide
    Arbitrary<String> bodies() {
        return Arbitraries.of(
                        "--b",
                        "--b--",
                        "\r\n",
                        "\r\n\r\n",
                        "Content-Disposition: form-data; name=\"x\"",
                        "Content-Type: multipart/mixed; boundary=c",
                        "--c",
                        "--c--",
                        "x",
                        "\n",
                        "\u0000",
                        ": ",
                        "name",
                        "filename=",
                        ";",
                        "\"",
                        "\u00ff",
                        "Content-Disposition: attachment; filename*=UTF-8''%41")
                .list()
                .ofMaxSize(30)
                .map(parts -> String.join("", parts));
    }

    /** Every byte is the client's. */
    @Property(tries = 2000)
    void aBodyHasPartsOrAFault(@ForAll("bodies") String text) throws Exception {
        BodyBuffer body = new BodyBuffer(new BodyMemory(1 << 20));
        InputStream in = new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1));
        while (body.readFrom(in) != null) {
            // to the end
        }
        try {
            List<VerifiedPart> parts =
                    new MultipartParser(MultipartLimits.standard()).parse(body, TYPE, null, Path.of("."));
            assertTrue(parts.size() <= 30);
        } catch (MultipartException fault) {
            assertTrue(fault.status() == 400 || fault.status() == 413, fault::toString);
        }
    }
}
