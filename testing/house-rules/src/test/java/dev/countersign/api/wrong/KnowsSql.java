package dev.countersign.api.wrong;

/** Breaks a rule on purpose. */
final class KnowsSql {
    java.sql.Date day = new java.sql.Date(0);
}
