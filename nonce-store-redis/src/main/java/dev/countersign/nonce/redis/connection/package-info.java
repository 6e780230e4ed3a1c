/** One connection to one primary: claims on it, the look at its server once a second, and its watch record. */
package dev.countersign.nonce.redis.connection;
