/** The Lua scripts, and the names of their results. */
package dev.countersign.nonce.redis.script;
