package dev.countersign.servlet;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.jspecify.annotations.Nullable;

/**
 * {@code sendRedirect} with a status, which responses have from Servlet 6.1 on, while this compiles against 6.0. Immutable and
 * thread-safe.
 *
 * @param method null where the container is older
 */
record RedirectWithStatus(@Nullable MethodHandle method) {
    static RedirectWithStatus find() {
        MethodType type = MethodType.methodType(void.class, String.class, int.class, boolean.class);
        try {
            return new RedirectWithStatus(
                    MethodHandles.publicLookup().findVirtual(HttpServletResponse.class, "sendRedirect", type));
        } catch (NoSuchMethodException | IllegalAccessException older) {
            return new RedirectWithStatus(null);
        }
    }

    /** @throws UnsupportedOperationException where the container does not have it, so that nobody can have asked for it */
    void send(HttpServletResponse response, String location, int status, boolean clearBuffer) throws IOException {
        MethodHandle known = method;
        if (known == null) {
            throw new UnsupportedOperationException("the container's servlet API is older than 6.1");
        }
        try {
            known.invoke(response, location, status, clearBuffer);
        } catch (IOException | RuntimeException | Error thrown) {
            throw thrown;
        } catch (Throwable impossible) {
            throw new IllegalStateException("sendRedirect throws nothing else", impossible);
        }
    }
}
