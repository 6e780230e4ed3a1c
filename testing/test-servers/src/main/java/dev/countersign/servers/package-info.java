/**
 * Real servers for tests, started from binaries that come with the build and owned by the test that started them, so
 * that it can kill, stop and restart them; and a TCP proxy to hurt a connection in between.
 */
@NullMarked
package dev.countersign.servers;

import org.jspecify.annotations.NullMarked;
