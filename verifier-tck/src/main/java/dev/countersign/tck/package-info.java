/**
 * The contracts of Countersign's stores as JUnit 5 tests, and a test kit for applications.
 *
 * <p>A store author extends {@link dev.countersign.tck.NonceStoreContract} or
 * {@link dev.countersign.tck.KeyStoreContract}, which opens a new store for each test, and inherits all test methods.
 * An application tests with {@link dev.countersign.tck.InMemoryDeviceRegistry}, {@link dev.countersign.tck.TestKeys},
 * {@link dev.countersign.tck.TestVerdicts} and {@link dev.countersign.tck.MutableClock}.
 */
@NullMarked
package dev.countersign.tck;

import org.jspecify.annotations.NullMarked;
