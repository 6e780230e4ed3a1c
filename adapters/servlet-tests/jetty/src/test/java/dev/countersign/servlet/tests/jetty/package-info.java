/** The tests of the servlet filter, on this server. */
@NullMarked
package dev.countersign.servlet.tests.jetty;

import org.jspecify.annotations.NullMarked;
