-- Countersign key store, schema version 3, for PostgreSQL 12 and newer.
-- Every statement may be run again: a run that was interrupted is finished by the next one.
-- It only adds a table: a release that knows version 1 or 2 goes on working over these tables, and may be started anew.

-- Who asked for a change and why, where that was said: at most one row for each row of countersign_audit, with its version.
-- A table of its own, so that no table that is in use has to be altered. Both texts are UTF-8, as bytes: no collation
-- compares them, and no character set of a table or a connection can refuse or change them.
CREATE TABLE IF NOT EXISTS countersign_audit_note (
    version BIGINT NOT NULL,
    by_whom BYTEA NOT NULL,
    reason BYTEA,
    CONSTRAINT countersign_audit_note_pk PRIMARY KEY (version),
    CONSTRAINT countersign_audit_note_texts CHECK (OCTET_LENGTH(by_whom) <= 512 AND OCTET_LENGTH(reason) <= 2000)
);

-- Last, because it says that all of the above is there.
INSERT INTO countersign_migration (version, description, installed_ms)
VALUES (3, 'notes of the audit', CAST(EXTRACT(EPOCH FROM CURRENT_TIMESTAMP) * 1000 AS BIGINT)) ON CONFLICT DO NOTHING;
