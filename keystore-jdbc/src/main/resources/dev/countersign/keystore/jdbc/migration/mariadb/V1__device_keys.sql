-- Countersign key store, schema version 1, for MariaDB 10.5 and newer.
-- Every statement may be run again: a run that was interrupted is finished by the next one.
-- Ids are the ASCII bytes of their canonical form and compare in binary, whatever the database's collation: a text column
-- would find Device-1 for device-1, and one with a binary collation would still ignore a space at the end.
-- Times are Unix milliseconds.

CREATE TABLE IF NOT EXISTS countersign_schema (
    version INT NOT NULL PRIMARY KEY,
    description VARCHAR(200) NOT NULL,
    installed_ms BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- One row. Each write transaction locks it before it reads anything, so that versions become visible in their order.
CREATE TABLE IF NOT EXISTS countersign_counter (
    id INT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    CONSTRAINT countersign_counter_one CHECK (id = 1),
    CONSTRAINT countersign_counter_version CHECK (version >= 0)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

CREATE TABLE IF NOT EXISTS countersign_device (
    app_id VARBINARY(128) NOT NULL,
    device_id VARBINARY(128) NOT NULL,
    status VARCHAR(12) NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (app_id, device_id),
    CONSTRAINT countersign_device_version UNIQUE (version)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- Every key that was ever used, retired ones too: the primary key gives a key to one device, for ever. There is no
-- foreign key on purpose: a device's row may be erased, its keys stay used.
-- The slot holds at most one current or invalidated (1), one provisional (2) and one previous key (3) of a device;
-- retired keys have none, and a lookup never reads them.
CREATE TABLE IF NOT EXISTS countersign_key (
    public_key VARBINARY(65) NOT NULL,
    app_id VARBINARY(128) NOT NULL,
    device_id VARBINARY(128) NOT NULL,
    state VARCHAR(12) NOT NULL,
    slot SMALLINT,
    not_after_ms BIGINT,
    PRIMARY KEY (public_key),
    CONSTRAINT countersign_key_slot UNIQUE (app_id, device_id, slot),
    CONSTRAINT countersign_key_point CHECK (OCTET_LENGTH(public_key) = 65),
    CONSTRAINT countersign_key_state CHECK ((slot IS NULL) = (state = 'RETIRED'))
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- One row for each change; no key material.
CREATE TABLE IF NOT EXISTS countersign_audit (
    version BIGINT NOT NULL PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    action VARCHAR(16) NOT NULL,
    app_id VARBINARY(128) NOT NULL,
    device_id VARBINARY(128) NOT NULL,
    actor VARCHAR(128) NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

INSERT IGNORE INTO countersign_counter (id, version) VALUES (1, 0);

-- Last, because it says that all of the above is there.
INSERT IGNORE INTO countersign_schema (version, description, installed_ms)
VALUES (1, 'device keys', CAST(UNIX_TIMESTAMP(CURRENT_TIMESTAMP(3)) * 1000 AS UNSIGNED));
