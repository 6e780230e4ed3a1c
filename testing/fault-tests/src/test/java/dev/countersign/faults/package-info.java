/**
 * Several verifying nodes over real servers, clients that sign, attackers that replay, and faults by seed. Everything is
 * noted in a history, and a checker says afterwards which promise was broken.
 */
@NullMarked
package dev.countersign.faults;

import org.jspecify.annotations.NullMarked;
