/**
 * The contracts of Countersign's stores as JUnit 5 tests.
 *
 * <p>A store author extends {@link dev.countersign.tck.NonceStoreContract} or
 * {@link dev.countersign.tck.KeyStoreContract} and supplies a fresh store for each test; every test method is
 * inherited. Clock, keys and registry come from {@link dev.countersign.testkit}, which is for applications too.
 */
@NullMarked
package dev.countersign.tck;

import org.jspecify.annotations.NullMarked;
