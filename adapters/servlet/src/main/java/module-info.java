import org.jspecify.annotations.NullMarked;

/** Countersign for Jakarta Servlet 6.0 and later: a filter that lets verified requests through and nothing else. */
@NullMarked
module dev.countersign.servlet {
    requires transitive dev.countersign.api;
    requires transitive jakarta.servlet;
    requires static transitive org.jspecify;

    exports dev.countersign.servlet;
}
