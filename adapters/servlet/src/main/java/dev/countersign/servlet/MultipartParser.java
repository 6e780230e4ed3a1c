package dev.countersign.servlet;

import dev.countersign.servlet.multipart.MultipartReader;
import jakarta.servlet.MultipartConfigElement;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletRegistration;
import jakarta.servlet.annotation.MultipartConfig;
import jakarta.servlet.http.HttpServletRequest;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Has multipart bodies taken apart within the filter's limits and those of the container. Needs commons-fileupload2 only when it is
 * called. Thread-safe.
 */
final class MultipartParser {
    private static final String JETTY_CONFIG = "org.eclipse.jetty.multipartConfig";

    private final MultipartLimits limits;

    MultipartParser(MultipartLimits limits) {
        this.limits = limits;
    }

    /**
     * The parts, in their order.
     *
     * @throws MultipartException if the library is missing, a limit is passed, or the body has not the form
     */
    List<VerifiedPart> parse(HttpServletRequest request, BodyBuffer body, String contentType) {
        MultipartConfigElement config = configOf(request);
        return parse(body, contentType, config, folder(request.getServletContext(), config));
    }

    /** @param config the container's, where it can be seen */
    List<VerifiedPart> parse(
            BodyBuffer body, String contentType, @Nullable MultipartConfigElement config, Path folder) {
        long maxPartBytes = limits.maxPartBytes();
        if (config != null) {
            if (config.getMaxRequestSize() >= 0 && body.size() > config.getMaxRequestSize()) {
                throw new MultipartException(
                        MultipartException.TOO_LARGE, "a multipart body passes the container's maxRequestSize");
            }
            maxPartBytes =
                    config.getMaxFileSize() >= 0 ? Math.min(maxPartBytes, config.getMaxFileSize()) : maxPartBytes;
        }
        try {
            MultipartReader reader = new MultipartReader(limits.maxParts(), limits.maxPartHeaderBytes(), maxPartBytes);
            return reader.read(body::reader, body.size(), contentType).stream()
                    .map(part -> new VerifiedPart(part, folder))
                    .toList();
        } catch (NoClassDefFoundError missing) {
            throw new MultipartException(
                    MultipartException.UNSUPPORTED,
                    "multipart bodies need org.apache.commons:commons-fileupload2-core, 2.0.0-M5 or newer, on the class path",
                    missing);
        } catch (MultipartReader.TooLargeException over) {
            throw new MultipartException(MultipartException.TOO_LARGE, String.valueOf(over.getMessage()), over);
        } catch (IOException malformed) {
            throw new MultipartException(MultipartException.MALFORMED, "a multipart body has not the form", malformed);
        }
    }

    /** The servlet API has no way to ask for it: Jetty tells by an attribute, and a servlet's class by its annotation. */
    private static @Nullable MultipartConfigElement configOf(HttpServletRequest request) {
        if (request.getAttribute(JETTY_CONFIG) instanceof MultipartConfigElement jettys) {
            return jettys;
        }
        ServletContext context = request.getServletContext();
        String servlet = request.getHttpServletMapping().getServletName();
        ServletRegistration registration = servlet == null ? null : context.getServletRegistration(servlet);
        String type = registration == null ? null : registration.getClassName();
        if (type == null) {
            return null;
        }
        try {
            MultipartConfig annotation =
                    Class.forName(type, false, context.getClassLoader()).getAnnotation(MultipartConfig.class);
            return annotation == null ? null : new MultipartConfigElement(annotation);
        } catch (ClassNotFoundException | LinkageError unseen) {
            return null;
        }
    }

    private static Path folder(ServletContext context, @Nullable MultipartConfigElement config) {
        Object temporary = context.getAttribute(ServletContext.TEMPDIR);
        Path folder = temporary instanceof File file ? file.toPath() : Path.of(System.getProperty("java.io.tmpdir"));
        return config == null ? folder : folder.resolve(config.getLocation());
    }
}
