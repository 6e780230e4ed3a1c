import org.jspecify.annotations.NullMarked;

/** The verification pipeline of Countersign: steps, driver, ECDSA engines. Knows no store, framework or HTTP server. */
@NullMarked
module dev.countersign.core {
    requires transitive dev.countersign.api;
    requires static transitive org.jspecify;
    requires com.github.benmanes.caffeine;
    requires org.bouncycastle.provider;

    exports dev.countersign.core;
    exports dev.countersign.core.engine;
    exports dev.countersign.core.explain;
}
