package dev.countersign.quickstart;

import dev.countersign.api.VerifiedRequest;
import dev.countersign.servlet.CountersignFilter;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/** Tells whoever sent a verified request what was verified. Stands for the application. */
final class EchoServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private static final int BUFFER = 8192;

    /** Every method alike: what it means is not our business. */
    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        VerifiedRequest verified = CountersignFilter.require(request);
        MessageDigest sha256 = sha256();
        long bodyBytes = 0;
        try (InputStream body = request.getInputStream()) {
            byte[] buffer = new byte[BUFFER];
            for (int count = body.read(buffer); count >= 0; count = body.read(buffer)) {
                sha256.update(buffer, 0, count);
                bodyBytes += count;
            }
        }
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("app_id", verified.device().appId());
        answer.put("device_id", verified.device().deviceId());
        answer.put("method", verified.method());
        answer.put("path", verified.path());
        answer.put("signed_path", verified.signedPath().orElseThrow());
        answer.put("body_sha256", HexFormat.of().formatHex(sha256.digest()));
        answer.put("body_bytes", bodyBytes);
        byte[] json = Json.object(answer);
        response.setContentType("application/json");
        response.setHeader("Cache-Control", "no-store");
        response.setContentLength(json.length);
        if (!"HEAD".equals(request.getMethod())) {
            response.getOutputStream().write(json);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }
}
