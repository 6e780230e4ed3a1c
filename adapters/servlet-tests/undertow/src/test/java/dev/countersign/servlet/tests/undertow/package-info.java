/** The tests of the servlet filter, on this server. */
@NullMarked
package dev.countersign.servlet.tests.undertow;

import org.jspecify.annotations.NullMarked;
