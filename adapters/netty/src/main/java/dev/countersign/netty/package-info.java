/**
 * For servers on Netty, HTTP/1.1 and HTTP/2: {@link dev.countersign.netty.CountersignHandler} lets verified requests through and
 * nothing else.
 */
package dev.countersign.netty;
