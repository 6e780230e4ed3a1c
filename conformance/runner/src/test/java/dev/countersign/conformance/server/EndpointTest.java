package dev.countersign.conformance.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EndpointTest {
    private static Endpoint endpoint(String url) {
        return Endpoint.of(url, (javax.net.ssl.SSLSocketFactory) javax.net.ssl.SSLSocketFactory.getDefault());
    }

    @ParameterizedTest
    @CsvSource({
        "http://127.0.0.1:8080, 127.0.0.1, 8080, 127.0.0.1:8080, false",
        "http://localhost/, localhost, 80, localhost, false",
        "HTTPS://api.example, api.example, 443, api.example, true",
        "https://[::1]:8443/, ::1, 8443, [::1]:8443, true"
    })
    void readsUrls(String url, String host, int port, String authority, boolean tls) {
        Endpoint endpoint = endpoint(url);
        assertEquals(host, endpoint.host());
        assertEquals(port, endpoint.port());
        assertEquals(authority, endpoint.authority());
        assertEquals(tls, endpoint.tls());
    }

    @ParameterizedTest
    @CsvSource({
        "localhost:8080, give http://host:port",
        "127.0.0.1, give http://host:port",
        "ftp://h, give http://host:port",
        "http://, not a URL",
        "http:///x, give http://host:port",
        "http://h:x, give http://host:port",
        "http://a b/, not a URL",
        "http://u@h, without user",
        "http://h/?q, without user",
        "http://h#f, without user",
        "http://h:0, a port is",
        "http://h:65536, a port is"
    })
    void refusesOthers(String url, String why) {
        String message = assertThrows(IllegalArgumentException.class, () -> endpoint(url), url)
                .getMessage();
        assertTrue(String.valueOf(message).contains(why), message);
    }

    @Test
    void refusesABasePathAndSaysWhy() {
        for (String url : new String[] {"http://h/api", "http://h//", "http://h/api/"}) {
            String message = assertThrows(
                            IllegalArgumentException.class,
                            () -> ServerSubject.at(url, ServerOptions.defaults())
                                    .close())
                    .getMessage();
            assertTrue(String.valueOf(message).contains("base path"), message);
        }
    }
}
