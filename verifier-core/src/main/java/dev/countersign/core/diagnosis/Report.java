package dev.countersign.core.diagnosis;

import dev.countersign.api.Rejected;
import dev.countersign.api.RejectionReason;
import dev.countersign.api.device.KeyState;
import dev.countersign.core.explain.Explanation;
import dev.countersign.core.explain.LikelyCause;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** An explanation, and its text. Immutable. */
final class Report implements Explanation {
    private final String verifierName;
    private final Rejected rejected;
    private final Request request;
    private final Judgement judgement;

    /**
     * What the verifier made of the request.
     *
     * @param line method, target and who it says it is from
     * @param bodyBytes negative if the body was not complete
     */
    record Request(
            String line,
            @Nullable String messageHead,
            @Nullable String messageSha256,
            long bodyBytes,
            @Nullable String bodySha256,
            @Nullable String signingPath,
            @Nullable String signingPathRule,
            Map<String, KeyState> deviceKeys,
            List<String> possibleSigners) {}

    /** What is said of it. */
    record Judgement(
            Step step,
            String expected,
            String found,
            List<LikelyCause> likelyCauses,
            List<String> notTried,
            long leftOut) {}

    Report(String verifierName, Rejected rejected, Request request, Judgement judgement) {
        this.verifierName = verifierName;
        this.rejected = rejected;
        this.request = request;
        this.judgement = judgement;
    }

    @Override
    public String verifierName() {
        return verifierName;
    }

    @Override
    public String verificationId() {
        return rejected.verificationId();
    }

    @Override
    public RejectionReason reason() {
        return rejected.reason();
    }

    @Override
    public Step step() {
        return judgement.step();
    }

    @Override
    public String expected() {
        return judgement.expected();
    }

    @Override
    public String found() {
        return judgement.found();
    }

    @Override
    public Optional<String> messageHead() {
        return Optional.ofNullable(request.messageHead());
    }

    @Override
    public Optional<String> messageSha256() {
        return Optional.ofNullable(request.messageSha256());
    }

    @Override
    public OptionalLong bodyBytes() {
        return request.bodyBytes() < 0 ? OptionalLong.empty() : OptionalLong.of(request.bodyBytes());
    }

    @Override
    public Optional<String> bodySha256() {
        return Optional.ofNullable(request.bodySha256());
    }

    @Override
    public Optional<String> signingPath() {
        return Optional.ofNullable(request.signingPath());
    }

    @Override
    public Optional<String> signingPathRule() {
        return Optional.ofNullable(request.signingPathRule());
    }

    @Override
    public Map<String, KeyState> deviceKeys() {
        return Collections.unmodifiableMap(request.deviceKeys());
    }

    @Override
    public List<String> possibleSigners() {
        return request.possibleSigners();
    }

    @Override
    public List<LikelyCause> likelyCauses() {
        return judgement.likelyCauses();
    }

    @Override
    public List<String> notTried() {
        return judgement.notTried();
    }

    @Override
    public long leftOut() {
        return judgement.leftOut();
    }

    @Override
    public String text() {
        StringBuilder text = new StringBuilder(1024)
                .append("Rejected, verification ")
                .append(verificationId())
                .append(" of verifier \"")
                .append(verifierName)
                .append("\": ")
                .append(reason());
        line(text, "step", step().title());
        line(text, "expected", expected());
        line(text, "found", found());
        line(text, "request", request.line());
        messageHead().ifPresent(head -> line(text, "message head", head));
        messageSha256().ifPresent(hash -> line(text, "message", "SHA-256 " + hash));
        bodySha256().ifPresent(hash -> line(text, "body", request.bodyBytes() + " bytes, SHA-256 " + hash));
        signingPath().ifPresent(path -> line(text, "signing path", path + ", " + request.signingPathRule()));
        request.deviceKeys().forEach((thumbprint, state) -> line(text, "device key", thumbprint + ", " + state));
        for (String thumbprint : possibleSigners()) {
            line(text, "signed by?", thumbprint + ", if the message is this one");
        }
        for (LikelyCause cause : likelyCauses()) {
            line(text, cause.isShown() ? "cause" : "perhaps", cause.kind() + ": " + cause.sentence());
        }
        notTried().forEach(words -> line(text, "not tried", words));
        if (leftOut() > 0) {
            line(text, "left out", leftOut() + " rejections before this one were not explained");
        }
        return text.toString();
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append("\n  ").append(name).append(" ".repeat(14 - name.length())).append(value);
    }

    /** Names the verification and nothing of the request. */
    @Override
    public String toString() {
        return "Explanation[" + reason() + ", verification " + verificationId() + "]";
    }
}
