package dev.countersign.house;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;

/** Each rule, with the name of the class among the tests that breaks it. */
record Rules(String title, ArchRule rule, String violation) {
    private static final String[] STORES = {"dev.countersign.nonce..", "dev.countersign.keystore.."};
    private static final String STEPS = "dev.countersign.core.step..";
    private static final String[] SERVERS_AND_FRAMEWORKS = {
        "java.net.http..",
        "com.sun.net.httpserver..",
        "java.sql..",
        "javax.sql..",
        "jakarta..",
        "javax.servlet..",
        "org.eclipse.jetty..",
        "org.apache.catalina..",
        "io.undertow..",
        "io.netty..",
        "io.lettuce..",
        "io.micrometer..",
        "org.springframework..",
        "reactor.."
    };

    static List<Rules> all() {
        return List.of(
                new Rules("the api depends on nothing but JSpecify and Java", apiStandsAlone(), "api.wrong.KnowsSql"),
                new Rules("stores know the api only", storesKnowTheApiOnly(), "nonce.wrong.KnowsTheCore"),
                new Rules("the signer knows the api only", signerKnowsTheApiOnly(), "signer.wrong.KnowsTheCore"),
                new Rules(
                        "the test kit knows the api and the signer only",
                        knowsOnly("dev.countersign.testkit..", "dev.countersign.signer.."),
                        "testkit.wrong.KnowsTheCore"),
                new Rules(
                        "the contracts know the api and the test kit only",
                        knowsOnly("dev.countersign.tck..", "dev.countersign.testkit.."),
                        "tck.wrong.KnowsTheCore"),
                new Rules("the core knows no store and no adapter", coreKnowsNoneOfOurs(), "core.wrong.KnowsAStore"),
                new Rules("the core knows no server", coreKnowsNoServer(), "core.wrong.KnowsAnHttpClient"),
                new Rules("packages name each other in no circle", noCircles(), "circle.wrong.NamesTheOther"),
                new Rules(
                        "wire forms are for api, core and signer", wireFormsStayInside(), "nonce.wrong.ReachesInside"),
                new Rules("libraries do not log by themselves", noLogging(), "nonce.wrong.Logs"),
                new Rules("time comes from a clock that is given", givenClocks(), "nonce.wrong.AsksTheSystemsClock"),
                new Rules("names say what a thing is", names(), "nonce.wrong.NonceManager"),
                new Rules(
                        "a step touches no clock, executor, I/O or logger",
                        stepsAreFunctions(),
                        "core.step.wrong.AsksAClock"),
                new Rules("a step reads no time and no chance", stepsReadNoTime(), "core.step.wrong.TakesTheTime"));
    }

    String violationClass() {
        return "dev.countersign." + violation;
    }

    @Override
    public String toString() {
        return title;
    }

    private static ArchRule apiStandsAlone() {
        return classes()
                .that()
                .resideInAPackage("dev.countersign.api..")
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(
                        "java.lang..",
                        "java.io",
                        "java.math",
                        "java.net",
                        "java.nio..",
                        "java.security..",
                        "java.time..",
                        "java.util",
                        "java.util.concurrent..",
                        "java.util.function",
                        "java.util.regex",
                        "java.util.stream",
                        "javax.crypto..",
                        "org.jspecify.annotations",
                        "dev.countersign.api.."));
    }

    private static ArchRule storesKnowTheApiOnly() {
        // A store's own packages are known by their first part: the stores do not know each other either.
        return noClasses()
                .that()
                .resideInAnyPackage(STORES)
                .should()
                .dependOnClassesThat(resideInAnyPackage("dev.countersign..")
                        .and(DescribedPredicate.not(resideInAnyPackage("dev.countersign.api..")))
                        .and(DescribedPredicate.not(resideInAnyPackage(STORES)))
                        .as("are of another part than the api"))
                .allowEmptyShould(true);
    }

    private static ArchRule signerKnowsTheApiOnly() {
        return knowsOnly("dev.countersign.signer..");
    }

    /** The api, itself, and the other parts that are named. */
    private static ArchRule knowsOnly(String part, String... others) {
        return noClasses()
                .that()
                .resideInAPackage(part)
                .should()
                .dependOnClassesThat(resideInAnyPackage("dev.countersign..")
                        .and(DescribedPredicate.not(resideInAnyPackage("dev.countersign.api..", part)))
                        .and(DescribedPredicate.not(resideInAnyPackage(others)))
                        .as("are of another part than those"));
    }

    private static ArchRule coreKnowsNoneOfOurs() {
        return knowsOnly("dev.countersign.core..");
    }

    private static ArchRule coreKnowsNoServer() {
        return noClasses()
                .that()
                .resideInAPackage("dev.countersign.core..")
                .should()
                .dependOnClassesThat(resideInAnyPackage(SERVERS_AND_FRAMEWORKS));
    }

    private static ArchRule noCircles() {
        return slices().matching("dev.countersign.(**)").should().beFreeOfCycles();
    }

    private static ArchRule wireFormsStayInside() {
        return noClasses()
                .that()
                .resideOutsideOfPackages("dev.countersign.api..", "dev.countersign.core..", "dev.countersign.signer..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.countersign.api.wire..");
    }

    private static ArchRule noLogging() {
        return noClasses()
                .should()
                .dependOnClassesThat(resideInAnyPackage("java.util.logging..", "org.slf4j..", "org.apache..logging..")
                        .or(nameMatching("java\\.lang\\.System\\$Logger.*").forSubtype())
                        .as("are loggers"));
    }

    private static ArchRule givenClocks() {
        DescribedPredicate<JavaMethodCall> asksTheSystem = DescribedPredicate.describe(
                "ask the system for the time",
                call -> calls(call, "java.time.Clock", "system.*|tick(Seconds|Minutes|Millis)")
                        || calls(call, "java.lang.System", "currentTimeMillis")
                        || (call.getTargetOwner().getPackageName().equals("java.time")
                                && call.getTarget().getName().equals("now")
                                && call.getTarget().getRawParameterTypes().isEmpty()));
        return noClasses()
                .that(DescribedPredicate.describe(
                        "are no builders",
                        (JavaClass type) -> !type.getSimpleName().endsWith("Builder")))
                .should()
                .callMethodWhere(asksTheSystem)
                .orShould()
                .callConstructor(java.util.Date.class);
    }

    private static ArchRule names() {
        return noClasses()
                .should()
                .haveSimpleNameEndingWith("Manager")
                .orShould()
                .haveSimpleNameEndingWith("Helper")
                .orShould()
                .haveSimpleNameEndingWith("Util")
                .orShould()
                .haveSimpleNameEndingWith("Utils")
                .orShould()
                .haveSimpleNameEndingWith("Impl");
    }

    private static ArchRule stepsAreFunctions() {
        return noClasses()
                .that()
                .resideInAPackage(STEPS)
                .should()
                .dependOnClassesThat(resideInAnyPackage(
                                "java.util.concurrent..",
                                "java.io..",
                                "java.net..",
                                "java.nio.file..",
                                "java.nio.channels..",
                                "java.util.logging..",
                                "org.slf4j..",
                                "java.sql..")
                        .or(nameMatching(
                                        "java\\.time\\.(Clock|InstantSource)|java\\.lang\\.(Thread|Process|System\\$Logger).*")
                                .forSubtype())
                        .as("are clocks, executors, I/O or loggers"));
    }

    private static ArchRule stepsReadNoTime() {
        return noClasses()
                .that()
                .resideInAPackage(STEPS)
                .should()
                .callMethodWhere(DescribedPredicate.describe(
                        "read time or chance",
                        call -> calls(call, "java.lang.System", "nanoTime|currentTimeMillis")
                                || calls(call, "java.time..*", "now")
                                || calls(call, "java.util.UUID", "randomUUID")))
                .orShould()
                .dependOnClassesThat(resideInAnyPackage("java.util.random..")
                        .or(nameMatching("java\\.util\\.Random|java\\.security\\.SecureRandom")
                                .forSubtype())
                        .as("are sources of chance"));
    }

    private static boolean calls(JavaAccess<?> access, String owner, String method) {
        return access.getTargetOwner().getFullName().matches(owner)
                && access.getTarget().getName().matches(method);
    }
}
