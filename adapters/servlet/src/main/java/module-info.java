import org.jspecify.annotations.NullMarked;

/** Countersign for Jakarta Servlet 6.0 and later: a filter that lets verified requests through and nothing else. */
@NullMarked
module dev.countersign.servlet {
    requires transitive dev.countersign.api;
    requires transitive jakarta.servlet;
    requires static transitive org.jspecify;
    requires static org.apache.commons.fileupload2.core;
    requires static org.apache.commons.io;

    exports dev.countersign.servlet;
}
