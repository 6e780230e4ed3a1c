package dev.countersign.house;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class HouseRulesTest {
    private static final JavaClasses PUBLISHED = PublishedModules.classes();

    @ParameterizedTest
    @MethodSource("rules")
    void everyPublishedModuleKeeps(Rules rule) {
        assertTrue(PUBLISHED.size() > 50, "the classes are found");
        rule.rule().check(PUBLISHED);
    }

    @ParameterizedTest
    @MethodSource("rules")
    void aViolationIsSeen(Rules rule) throws Exception {
        String wrong = Class.forName(rule.violationClass()).getPackageName();
        JavaClasses violation = new ClassFileImporter().importPackages(wrong);
        AssertionError seen = assertThrows(
                AssertionError.class, () -> rule.rule().allowEmptyShould(true).check(violation));
        assertTrue(String.valueOf(seen.getMessage()).contains(rule.violationClass()), seen.getMessage());
    }

    static List<Rules> rules() {
        return Rules.all();
    }
}
