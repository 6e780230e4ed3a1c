package dev.countersign.circle.wrong;

/** What the other package names. */
public interface Named {}
