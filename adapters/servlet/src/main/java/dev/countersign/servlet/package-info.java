/** The servlet filter and what it hands on. */
package dev.countersign.servlet;
