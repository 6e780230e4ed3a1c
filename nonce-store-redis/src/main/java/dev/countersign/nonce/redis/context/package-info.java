/** What the parts of one store share: settings, thread, counters, and where they report what happens. */
package dev.countersign.nonce.redis.context;
