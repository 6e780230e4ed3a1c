import org.jspecify.annotations.NullMarked;

/** Contract tests for nonce stores and key stores. */
@NullMarked
module dev.countersign.tck {
    requires transitive dev.countersign.api;
    requires transitive dev.countersign.testkit;
    requires transitive org.junit.jupiter.api;
    requires static transitive org.jspecify;

    exports dev.countersign.tck;
    exports dev.countersign.tck.adapter;
}
