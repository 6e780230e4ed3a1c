package dev.countersign.servlet.tests.tomcat10;

import dev.countersign.servlet.tests.EarlyAnswerTests;
import dev.countersign.servlet.tests.ServletServers;

/** Answers that are sent before the body was read. */
class EarlyAnswerTest extends EarlyAnswerTests {
    @Override
    protected ServletServers servers() {
        return new TomcatServers();
    }
}
