/** Keys, requests and signatures made from templates: the same recipe gives the committed bytes and a live request. */
@NullMarked
package dev.countersign.conformance.signing;

import org.jspecify.annotations.NullMarked;
