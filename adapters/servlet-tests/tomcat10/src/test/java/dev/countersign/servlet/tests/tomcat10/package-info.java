/** The tests of the servlet filter, on this server. */
@NullMarked
package dev.countersign.servlet.tests.tomcat10;

import org.jspecify.annotations.NullMarked;
