package dev.countersign.servlet;

import dev.countersign.api.VerifiedRequest;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.Part;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UnsupportedEncodingException;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.security.Principal;
import java.util.Collection;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A verified request as the application sees it: everything as it came, and the body once more. The container's stream
 * is at its end, so all that reads the body is answered here. As with any request, one thread at a time.
 */
final class VerifiedServletRequest extends HttpServletRequestWrapper {
    private static final String MULTIPART = "multipart/form-data";
    private static final String FORM = "application/x-www-form-urlencoded";

    private final UncachedResponse response;
    private final VerifiedRequest verified;
    private final @Nullable BodyBuffer body;
    private final MultipartParser multipart;
    private final @Nullable Long asyncTimeout;
    private @Nullable String characterEncoding;
    private @Nullable ReplayedInputStream stream;
    private @Nullable ServletInputStream handedOut;
    private @Nullable BufferedReader reader;
    private @Nullable Map<String, String[]> parameters;
    private @Nullable List<VerifiedPart> parts;
    private volatile boolean dispatchReturned;

    /** @param body null where the signature does not cover it: then it comes from the container */
    VerifiedServletRequest(
            HttpServletRequest request,
            UncachedResponse response,
            VerifiedRequest verified,
            @Nullable BodyBuffer body,
            MultipartParser multipart,
            @Nullable Long asyncTimeout) {
        super(request);
        this.asyncTimeout = asyncTimeout;
        this.response = response;
        this.verified = verified;
        this.body = body;
        this.multipart = multipart;
    }

    /** The dispatch that brings a request to the application is its first one, whatever the container calls it. */
    @Override
    public DispatcherType getDispatcherType() {
        DispatcherType type = super.getDispatcherType();
        return type == DispatcherType.ASYNC && !dispatchReturned ? DispatcherType.REQUEST : type;
    }

    /** As it was sent and signed, whatever a filter in front makes of it. */
    @Override
    public String getMethod() {
        return verified.method();
    }

    // ---- who signed

    @Override
    public Principal getUserPrincipal() {
        return new VerifiedPrincipal(verified);
    }

    @Override
    public String getRemoteUser() {
        return verified.signerHash();
    }

    @Override
    public String getAuthType() {
        return verified.scheme().name();
    }

    /** The dispatch under the filter has returned: a read listener may be called. */
    void dispatchReturned() {
        ReplayedInputStream opened;
        synchronized (this) {
            dispatchReturned = true;
            opened = stream;
        }
        if (opened != null) {
            opened.dispatchReturned();
        }
    }

    // ---- the body

    @Override
    public ServletInputStream getInputStream() throws IOException {
        BodyBuffer held = body;
        if (held == null) {
            return super.getInputStream();
        }
        if (reader != null) {
            throw new IllegalStateException("getReader() was called for this request");
        }
        if (handedOut == null) {
            handedOut = replay(held);
        }
        return handedOut;
    }

    @Override
    public BufferedReader getReader() throws IOException {
        BodyBuffer held = body;
        if (held == null) {
            return super.getReader();
        }
        if (handedOut != null) {
            throw new IllegalStateException("getInputStream() was called for this request");
        }
        if (reader == null) {
            Charset charset = charsetOr(StandardCharsets.ISO_8859_1);
            reader = new BufferedReader(new InputStreamReader(replay(held), charset));
        }
        return reader;
    }

    /** Synchronized with the end of the dispatch: an asynchronous consumer may open the body at that very moment. */
    private synchronized ReplayedInputStream replay(BodyBuffer held) {
        ReplayedInputStream replayed = new ReplayedInputStream(
                held,
                this::isAsyncStarted,
                task -> getRequest().getAsyncContext().start(task));
        if (dispatchReturned) {
            replayed.dispatchReturned();
        }
        stream = replayed;
        return replayed;
    }

    // ---- its charset: a container refuses to change it once its stream was opened, which the filter did

    @Override
    public @Nullable String getCharacterEncoding() {
        return characterEncoding != null ? characterEncoding : super.getCharacterEncoding();
    }

    @Override
    public void setCharacterEncoding(String encoding) throws UnsupportedEncodingException {
        if (body == null) {
            super.setCharacterEncoding(encoding);
            return;
        }
        Charset charset = charset(encoding);
        if (reader == null && parameters == null) {
            characterEncoding = charset.name();
        }
    }

    /** Overrides a method that the servlet API has from 6.1 on. */
    public void setCharacterEncoding(Charset encoding) {
        if (body == null) {
            try {
                super.setCharacterEncoding(encoding.name());
            } catch (UnsupportedEncodingException impossible) {
                throw new IllegalArgumentException("a charset that the platform does not know", impossible);
            }
        } else if (reader == null && parameters == null) {
            characterEncoding = encoding.name();
        }
    }

    private Charset charsetOr(Charset fallback) throws UnsupportedEncodingException {
        String name;
        try {
            name = getCharacterEncoding();
        } catch (UnsupportedCharsetException | IllegalCharsetNameException unknown) {
            // Jetty looks the name up when it is asked for it.
            throw new UnsupportedEncodingException("unknown charset");
        }
        return name == null ? fallback : charset(name);
    }

    private static Charset charset(String name) throws UnsupportedEncodingException {
        try {
            return Charset.forName(name);
        } catch (IllegalCharsetNameException | UnsupportedCharsetException unknown) {
            throw new UnsupportedEncodingException("unknown charset");
        }
    }

    // ---- parameters

    @Override
    public @Nullable String getParameter(String name) {
        String[] values = parameters().get(name);
        return values == null ? null : values[0];
    }

    @Override
    public Map<String, String[]> getParameterMap() {
        return parameters();
    }

    @Override
    public Enumeration<String> getParameterNames() {
        return Collections.enumeration(parameters().keySet());
    }

    @Override
    public String @Nullable [] getParameterValues(String name) {
        String[] values = parameters().get(name);
        return values == null ? null : values.clone();
    }

    private Map<String, String[]> parameters() {
        if (parameters == null) {
            parameters = body == null ? super.getParameterMap() : parametersOf(body);
        }
        return parameters;
    }

    private Map<String, String[]> parametersOf(BodyBuffer held) {
        FormParameters form = new FormParameters();
        // As the servlet specification has it: a form is a POST whose body nobody has begun to read. Unlike there, what
        // is
        // signed comes before what is not.
        if (handedOut == null && reader == null && "POST".equals(getMethod()) && isMediaType(FORM)) {
            form.add(held.reader(), formCharset());
        } else if (handedOut == null && reader == null && "POST".equals(getMethod()) && isMediaType(MULTIPART)) {
            addFields(form, held);
        }
        String query = getQueryString();
        if (query != null) {
            form.add(new ByteArrayInputStream(FormParameters.bytesOf(query)), StandardCharsets.UTF_8);
        }
        return Collections.unmodifiableMap(form.toMap());
    }

    /** The fields of a multipart form that are no files. None where the library is missing. */
    private void addFields(FormParameters form, BodyBuffer held) {
        List<VerifiedPart> all;
        try {
            all = parts(held);
        } catch (MultipartException unreadable) {
            if (unreadable.status() != MultipartException.UNSUPPORTED) {
                throw unreadable; // or a value of the query, which nobody signed, would stand for one of the form
            }
            return;
        } catch (ServletException noForm) {
            return;
        }
        for (VerifiedPart part : all) {
            if (part.getSubmittedFileName() == null) {
                form.add(part.getName(), part.text(formCharset()));
            }
        }
    }

    private Charset formCharset() {
        try {
            return charsetOr(StandardCharsets.UTF_8);
        } catch (UnsupportedEncodingException unknown) {
            return StandardCharsets.UTF_8;
        }
    }

    // ---- multipart: the container would parse a stream that is at its end

    @Override
    public Collection<Part> getParts() throws IOException, ServletException {
        BodyBuffer held = body;
        return held == null ? super.getParts() : Collections.unmodifiableCollection(parts(held));
    }

    @Override
    public @Nullable Part getPart(String name) throws IOException, ServletException {
        BodyBuffer held = body;
        if (held == null) {
            return super.getPart(name);
        }
        return parts(held).stream()
                .filter(part -> part.getName().equals(name))
                .findFirst()
                .orElse(null);
    }

    /** As the servlet specification has it: only a multipart request has parts. */
    private List<VerifiedPart> parts(BodyBuffer held) throws ServletException {
        if (parts == null) {
            if (!isMediaType(MULTIPART)) {
                throw new ServletException("the request is no multipart/form-data");
            }
            parts = multipart.parse(this, held, getHeader("Content-Type"));
        }
        return parts;
    }

    private boolean isMediaType(String expected) {
        String type = getHeader("Content-Type"); // Jetty's getContentType throws for a charset it does not know
        if (type == null) {
            return false;
        }
        int parametersAt = type.indexOf(';');
        String essence = parametersAt < 0 ? type : type.substring(0, parametersAt);
        return essence.strip().toLowerCase(Locale.ROOT).equals(expected);
    }

    // ---- asynchronous mode: the container's own request would come back without the body

    @Override
    public AsyncContext startAsync() {
        return startAsync(this, response);
    }

    @Override
    public AsyncContext startAsync(ServletRequest servletRequest, ServletResponse servletResponse) {
        AsyncContext context = super.startAsync(servletRequest, servletResponse);
        if (asyncTimeout != null) {
            context.setTimeout(asyncTimeout); // some keep the one of the time before
        }
        return new VerifiedAsyncContext(context, response);
    }

    @Override
    public AsyncContext getAsyncContext() {
        return new VerifiedAsyncContext(super.getAsyncContext(), response);
    }
}
