-- Countersign key store, schema version 3, for MariaDB 10.5 and newer.
-- Every statement may be run again: a run that was interrupted is finished by the next one.
-- It only adds a table: a release that knows version 1 or 2 goes on working over these tables, and may be started anew.

-- Who asked for a change and why, where that was said: at most one row for each row of countersign_audit, with its version.
-- A table of its own, so that no table that is in use has to be altered. Both texts are UTF-8, as bytes: no collation
-- compares them, and no character set of a table or a connection can refuse or change them.
CREATE TABLE IF NOT EXISTS countersign_audit_note (
    version BIGINT NOT NULL PRIMARY KEY,
    by_whom VARBINARY(512) NOT NULL,
    reason VARBINARY(2000)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- Last, because it says that all of the above is there.
INSERT IGNORE INTO countersign_migration (version, description, installed_ms)
VALUES (3, 'notes of the audit', CAST(UNIX_TIMESTAMP(CURRENT_TIMESTAMP(3)) * 1000 AS UNSIGNED));
