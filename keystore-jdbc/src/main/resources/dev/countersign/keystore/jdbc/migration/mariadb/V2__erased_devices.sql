-- Countersign key store, schema version 2, for MariaDB 10.5 and newer.
-- Every statement may be run again: a run that was interrupted is finished by the next one.
-- It only adds: a release that knows version 1 alone goes on working over these tables, and may be started anew.

-- Which versions these tables have. The table countersign_schema says something else: which version a release must know
-- to work over them. A migration that only adds therefore writes its version here and not there.
CREATE TABLE IF NOT EXISTS countersign_migration (
    version INT NOT NULL PRIMARY KEY,
    description VARCHAR(200) NOT NULL,
    installed_ms BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- One row for each erasure of a device, for as long as a cursor of the change feed may need it: then its identity is
-- dropped. The key of an erased device stays in countersign_key under a stand-in for its app and a keyed hash of its ids.
CREATE TABLE IF NOT EXISTS countersign_erased (
    version BIGINT NOT NULL PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    app_id VARBINARY(128) NOT NULL,
    device_id VARBINARY(128) NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- One row. What is at or below purged_version has been dropped. Stand-in and secret are random, and made with the first
-- erasure.
CREATE TABLE IF NOT EXISTS countersign_erasure (
    id INT NOT NULL PRIMARY KEY,
    purged_version BIGINT NOT NULL,
    stand_in_app VARBINARY(128),
    secret VARBINARY(32),
    CONSTRAINT countersign_erasure_one CHECK (id = 1),
    CONSTRAINT countersign_erasure_purged CHECK (purged_version >= 0),
    CONSTRAINT countersign_erasure_secret CHECK ((stand_in_app IS NULL) = (secret IS NULL))
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- An erasure looks for the audit's rows of its device.
CREATE INDEX IF NOT EXISTS countersign_audit_device ON countersign_audit (app_id, device_id);

INSERT IGNORE INTO countersign_erasure (id, purged_version) VALUES (1, 0);

-- Last, because it says that all of the above is there.
INSERT IGNORE INTO countersign_migration (version, description, installed_ms)
VALUES (2, 'erased devices', CAST(UNIX_TIMESTAMP(CURRENT_TIMESTAMP(3)) * 1000 AS UNSIGNED));
