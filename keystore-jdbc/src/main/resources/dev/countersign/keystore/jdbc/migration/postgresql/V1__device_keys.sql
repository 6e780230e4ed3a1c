-- Countersign key store, schema version 1, for PostgreSQL 12 and newer.
-- Every statement may be run again: a run that was interrupted is finished by the next one.
-- Ids are the ASCII bytes of their canonical form and compare in binary; times are Unix milliseconds.

CREATE TABLE IF NOT EXISTS countersign_schema (
    version INT NOT NULL PRIMARY KEY,
    description VARCHAR(200) NOT NULL,
    installed_ms BIGINT NOT NULL
);

-- One row. Each write transaction locks it before it reads anything, so that versions become visible in their order.
-- It changes with every write: room in its page lets PostgreSQL do that in place.
CREATE TABLE IF NOT EXISTS countersign_counter (
    id INT NOT NULL PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL CHECK (version >= 0)
) WITH (fillfactor = 10);

CREATE TABLE IF NOT EXISTS countersign_device (
    app_id BYTEA NOT NULL,
    device_id BYTEA NOT NULL,
    status VARCHAR(12) NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT countersign_device_pk PRIMARY KEY (app_id, device_id),
    CONSTRAINT countersign_device_version UNIQUE (version),
    CONSTRAINT countersign_device_ids CHECK (OCTET_LENGTH(app_id) <= 128 AND OCTET_LENGTH(device_id) <= 128)
);

-- Every key that was ever used, retired ones too: the primary key gives a key to one device, for ever. There is no
-- foreign key on purpose: a device's row may be erased, its keys stay used.
-- The slot holds at most one current or invalidated (1), one provisional (2) and one previous key (3) of a device;
-- retired keys have none, and a lookup never reads them.
CREATE TABLE IF NOT EXISTS countersign_key (
    public_key BYTEA NOT NULL,
    app_id BYTEA NOT NULL,
    device_id BYTEA NOT NULL,
    state VARCHAR(12) NOT NULL,
    slot SMALLINT,
    not_after_ms BIGINT,
    CONSTRAINT countersign_key_pk PRIMARY KEY (public_key),
    CONSTRAINT countersign_key_slot UNIQUE (app_id, device_id, slot),
    CONSTRAINT countersign_key_point CHECK (OCTET_LENGTH(public_key) = 65),
    CONSTRAINT countersign_key_ids CHECK (OCTET_LENGTH(app_id) <= 128 AND OCTET_LENGTH(device_id) <= 128),
    CONSTRAINT countersign_key_state CHECK ((slot IS NULL) = (state = 'RETIRED'))
);

-- One row for each change; no key material.
CREATE TABLE IF NOT EXISTS countersign_audit (
    version BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    action VARCHAR(16) NOT NULL,
    app_id BYTEA NOT NULL,
    device_id BYTEA NOT NULL,
    actor VARCHAR(128) NOT NULL,
    CONSTRAINT countersign_audit_pk PRIMARY KEY (version)
);

INSERT INTO countersign_counter (id, version) VALUES (1, 0) ON CONFLICT DO NOTHING;

-- Last, because it says that all of the above is there.
INSERT INTO countersign_schema (version, description, installed_ms)
VALUES (1, 'device keys', CAST(EXTRACT(EPOCH FROM CURRENT_TIMESTAMP) * 1000 AS BIGINT)) ON CONFLICT DO NOTHING;
