import org.jspecify.annotations.NullMarked;

/** What users and store authors of Countersign compile against. Depends on nothing but the nullness annotations. */
@NullMarked
@SuppressWarnings("module") // the modules named in the qualified export are built after this one
module dev.countersign.api {
    requires static transitive org.jspecify;

    exports dev.countersign.api;
    exports dev.countersign.api.annotation;
    exports dev.countersign.api.device;
    exports dev.countersign.api.registry;
    exports dev.countersign.api.route;
    exports dev.countersign.api.store;
    exports dev.countersign.api.verifier to
            dev.countersign.core,
            dev.countersign.testkit;
    exports dev.countersign.api.wire to
            dev.countersign.core,
            dev.countersign.signer;
}
