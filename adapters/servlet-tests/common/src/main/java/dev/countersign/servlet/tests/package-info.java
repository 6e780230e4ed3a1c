/** The tests of the servlet filter that run on every server; a module for each server extends them. */
@NullMarked
package dev.countersign.servlet.tests;

import org.jspecify.annotations.NullMarked;
