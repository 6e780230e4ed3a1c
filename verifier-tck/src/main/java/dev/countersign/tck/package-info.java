/**
 * The contracts of Countersign's stores as JUnit 5 tests, and what applications need to test with.
 *
 * <p>A store author extends {@link dev.countersign.tck.NonceStoreContract} or
 * {@link dev.countersign.tck.KeyStoreContract} and supplies a fresh store for each test; every test method is
 * inherited. An application tests with {@link dev.countersign.tck.InMemoryDeviceRegistry},
 * {@link dev.countersign.tck.TestKeys} and {@link dev.countersign.tck.MutableClock}.
 */
@NullMarked
package dev.countersign.tck;

import org.jspecify.annotations.NullMarked;
