/**
 * What goes wrong, as types: what Redis answers instead of a result, why no connection comes about, and what to do
 * about it.
 */
package dev.countersign.nonce.redis.trouble;
