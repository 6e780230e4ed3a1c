import org.jspecify.annotations.NullMarked;

/** What an application that uses Countersign tests itself with. Knows no test framework. */
@NullMarked
module dev.countersign.testkit {
    requires transitive dev.countersign.api;
    requires dev.countersign.signer;
    requires static transitive org.jspecify;

    exports dev.countersign.testkit;
}
