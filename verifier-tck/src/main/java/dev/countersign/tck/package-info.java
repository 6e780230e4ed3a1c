/**
 * The contracts of Countersign's stores as JUnit 5 tests.
 *
 * <p>A store author extends {@link dev.countersign.tck.NonceStoreContract} or
 * {@link dev.countersign.tck.KeyStoreContract}, which opens a new store for each test, and inherits all test methods.
 * Clock, keys and registry come from {@link dev.countersign.testkit}, which is for applications too.
 */
@NullMarked
package dev.countersign.tck;

import org.jspecify.annotations.NullMarked;
