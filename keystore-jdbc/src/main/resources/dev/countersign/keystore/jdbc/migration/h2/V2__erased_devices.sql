-- Countersign key store, schema version 2, for H2 2.2 and newer.
-- Every statement may be run again: a run that was interrupted is finished by the next one.
-- It only adds: a release that knows version 1 alone goes on working over these tables, and may be started anew.

-- Which versions these tables have. The table countersign_schema says something else: which version a release must know
-- to work over them. A migration that only adds therefore writes its version here and not there.
CREATE TABLE IF NOT EXISTS countersign_migration (
    version INT NOT NULL PRIMARY KEY,
    description VARCHAR(200) NOT NULL,
    installed_ms BIGINT NOT NULL
);

-- One row for each erasure of a device, for as long as a cursor of the change feed may need it: then its identity is
-- dropped. The key of an erased device stays in countersign_key under a stand-in for its app and a keyed hash of its ids.
CREATE TABLE IF NOT EXISTS countersign_erased (
    version BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    app_id VARBINARY(128) NOT NULL,
    device_id VARBINARY(128) NOT NULL,
    CONSTRAINT countersign_erased_pk PRIMARY KEY (version)
);

-- One row. What is at or below purged_version has been dropped. Stand-in and secret are random, and made with the first
-- erasure.
CREATE TABLE IF NOT EXISTS countersign_erasure (
    id INT NOT NULL PRIMARY KEY CHECK (id = 1),
    purged_version BIGINT NOT NULL,
    stand_in_app VARBINARY(128),
    secret VARBINARY(32),
    CONSTRAINT countersign_erasure_purged CHECK (purged_version >= 0),
    CONSTRAINT countersign_erasure_secret CHECK ((stand_in_app IS NULL) = (secret IS NULL))
);

-- An erasure looks for the audit's rows of its device.
CREATE INDEX IF NOT EXISTS countersign_audit_device ON countersign_audit (app_id, device_id);

INSERT INTO countersign_erasure (id, purged_version)
SELECT 1, 0 WHERE NOT EXISTS (SELECT 1 FROM countersign_erasure);

-- Last, because it says that all of the above is there.
INSERT INTO countersign_migration (version, description, installed_ms)
SELECT 2, 'erased devices', CAST(EXTRACT(EPOCH FROM CURRENT_TIMESTAMP) * 1000 AS BIGINT)
WHERE NOT EXISTS (SELECT 1 FROM countersign_migration WHERE version = 2);
