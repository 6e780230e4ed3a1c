package dev.countersign.servlet;

import jakarta.servlet.MultipartConfigElement;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletRegistration;
import jakarta.servlet.annotation.MultipartConfig;
import jakarta.servlet.http.HttpServletRequest;
import java.io.File;
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

    /** Nothing but this names the library's classes, by way of {@link MultipartBody}, which cannot be loaded without them. */
    List<VerifiedPart> parse(
            BodyBuffer body, String contentType, @Nullable MultipartConfigElement config, Path folder) {
        try {
            return new MultipartBody(limits, config, folder).parse(body, contentType);
        } catch (NoClassDefFoundError missing) {
            throw new MultipartException(
                    MultipartException.UNSUPPORTED,
                    "multipart bodies need org.apache.commons:commons-fileupload2-core, 2.0.0-M5 or newer, on the class path",
                    missing);
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
