/** The tests of the servlet filter, on this server. */
@NullMarked
package dev.countersign.servlet.tests.tomcat11;

import org.jspecify.annotations.NullMarked;
