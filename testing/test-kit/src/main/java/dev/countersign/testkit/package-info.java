/**
 * What an application that uses Countersign tests itself with; our own tests use the same.
 *
 * <p>A {@link dev.countersign.testkit.TestDevice} signs requests with a key made from a number, an
 * {@link dev.countersign.testkit.InMemoryDeviceRegistry} knows it, and time passes only when a
 * {@link dev.countersign.testkit.MutableClock} is stepped on:
 *
 * <pre>{@code
 * MutableClock clock = MutableClock.atSecond(1_800_000_000L);
 * InMemoryDeviceRegistry registry = new InMemoryDeviceRegistry(clock);
 * TestDevice phone = TestDevice.of("com.acme.app", 1, clock);
 * registry.put(phone.record());
 * SignedRequest request = phone.sign("POST", "/v1/events", "{}");
 * }</pre>
 *
 * <p>{@link dev.countersign.testkit.ForwardingKeyStore} and {@link dev.countersign.testkit.ForwardingNonceStore} make any store
 * fail, or answer late. {@link dev.countersign.testkit.RawHttp} sends a request to a server as it stands, byte for byte.
 * {@link dev.countersign.testkit.TestVerdicts} makes the verdicts that only verifiers can make otherwise, for code behind one.
 *
 * <p>Nothing here is for production: the private keys are known to everybody.
 */
@NullMarked
package dev.countersign.testkit;

import org.jspecify.annotations.NullMarked;
