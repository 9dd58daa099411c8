-- +goose Up
-- What was pushed over SCIM, and what is still to be done about it. TEXT_C is
-- text compared by its bytes: on PostgreSQL it becomes TEXT COLLATE "C". Tables
-- WITHOUT ROWID are SQLite's way not to keep a second copy of the key.
-- Times are Unix microseconds; 0 is never.

CREATE TABLE scim_tokens (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    connection_id BIGINT  NOT NULL REFERENCES connections (id),
    name          TEXT    NOT NULL,               -- two have one name while a token is being rotated
    digest        TEXT_C  NOT NULL UNIQUE,        -- SHA-256 of the token, in hex
    created_at    BIGINT  NOT NULL,
    expires_at    BIGINT  NOT NULL,               -- 0 never
    revoked_at    BIGINT  NOT NULL DEFAULT 0,
    used_at       BIGINT  NOT NULL DEFAULT 0      -- to the minute
);
CREATE INDEX scim_tokens_connection ON scim_tokens (connection_id, name);

CREATE TABLE scim_resources (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    connection_id BIGINT  NOT NULL REFERENCES connections (id),
    type          TEXT_C  NOT NULL,               -- name of the resource type: User, Group, …
    scim_id       TEXT_C  NOT NULL,               -- the id that clients know it by
    shard         INTEGER NOT NULL,               -- whose turn its changes are, 0 to 7
    external_id   TEXT_C  NOT NULL DEFAULT '',
    name_key      TEXT_C,                         -- userName or displayName, folded: unique; NULL without one and once deleted
    display       TEXT    NOT NULL DEFAULT '',    -- how members[].display and groups[].display show it
    display_key   TEXT_C  NOT NULL DEFAULT '',    -- the same, folded, for filters
    active        BOOLEAN NOT NULL DEFAULT TRUE,
    document      TEXT    NOT NULL,               -- JSON as pushed, without id, meta, members, groups and passwords; '' once deleted
    version       BIGINT  NOT NULL DEFAULT 1,
    created_at    BIGINT  NOT NULL,
    modified_at   BIGINT  NOT NULL,
    deleted_at    BIGINT  NOT NULL DEFAULT 0,
    UNIQUE (connection_id, scim_id)
);
CREATE UNIQUE INDEX scim_resources_name ON scim_resources (connection_id, type, name_key);
CREATE INDEX scim_resources_external ON scim_resources (connection_id, type, external_id) WHERE external_id <> '';
CREATE INDEX scim_resources_listed ON scim_resources (connection_id, type, id) WHERE deleted_at = 0;

CREATE INDEX scim_resources_modified ON scim_resources (connection_id, type, modified_at) WHERE deleted_at = 0;
CREATE INDEX scim_resources_deleted ON scim_resources (deleted_at) WHERE deleted_at <> 0;

-- The values that a filter or a sort may ask for, one row each.
CREATE TABLE scim_values (
    resource_id   BIGINT  NOT NULL REFERENCES scim_resources (id),
    connection_id BIGINT  NOT NULL,
    type          TEXT_C  NOT NULL,
    path          TEXT_C  NOT NULL,               -- lower case and whole: name.familyname, emails.value, urn:…:user:department
    element       INTEGER NOT NULL,               -- which value of a multi-valued attribute
    value_key     TEXT_C  NOT NULL,               -- folded unless the case matters; sorts as the value does
    is_unique     BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (resource_id, path, element)
) WITHOUT ROWID;
CREATE INDEX scim_values_key ON scim_values (connection_id, type, path, value_key, resource_id);
CREATE UNIQUE INDEX scim_values_unique ON scim_values (connection_id, type, path, value_key) WHERE is_unique;

-- Membership is rows, never a list that is read, changed and written.
CREATE TABLE scim_members (
    group_id      BIGINT  NOT NULL REFERENCES scim_resources (id),
    member        TEXT_C  NOT NULL,               -- the member's id; while nobody has it, the value as pushed
    member_id     BIGINT  NOT NULL DEFAULT 0,     -- the resource; 0 while there is none
    PRIMARY KEY (group_id, member)
) WITHOUT ROWID;
CREATE INDEX scim_members_member ON scim_members (member_id, group_id);
CREATE INDEX scim_members_unknown ON scim_members (member) WHERE member_id = 0;

-- How many resources there are, by stretches of ids, so that a page far into a
-- list is found without walking to it. Lanes keep writers out of each other's way.
CREATE TABLE scim_blocks (
    connection_id BIGINT  NOT NULL,
    type          TEXT_C  NOT NULL,
    block         BIGINT  NOT NULL,               -- id / 256
    lane          INTEGER NOT NULL,               -- the resource's shard; 0 where there is one writer
    resources     BIGINT  NOT NULL,
    PRIMARY KEY (connection_id, type, block, lane)
) WITHOUT ROWID;

-- What was pushed and is not applied in every target yet: a row an object,
-- however many pushes there were about it.
CREATE TABLE inbox (
    resource_id   BIGINT  NOT NULL PRIMARY KEY REFERENCES scim_resources (id),
    connection_id BIGINT  NOT NULL,
    shard         INTEGER NOT NULL,
    urgent        BOOLEAN NOT NULL,               -- somebody is to lose access
    version       BIGINT  NOT NULL,               -- time of the newest push; always above that of the one before
    first_at      BIGINT  NOT NULL,               -- time of the oldest push that is not applied
    due_at        BIGINT  NOT NULL,               -- later than the push after a failure
    attempts      INTEGER NOT NULL DEFAULT 0,
    waiting       BOOLEAN NOT NULL DEFAULT FALSE, -- for the other end of a membership to be linked
    user_id       BIGINT  NOT NULL DEFAULT 0,     -- whose membership it waits with
    class         TEXT    NOT NULL DEFAULT ''     -- of the last failure
) WITHOUT ROWID;
CREATE INDEX inbox_due ON inbox (connection_id, shard, urgent, due_at) WHERE NOT waiting;
CREATE INDEX inbox_waiting ON inbox (user_id) WHERE waiting;

-- Which run applied which push: the first row of the object whose version is
-- at or after the time of the push.
CREATE TABLE scim_acks (
    resource_id   BIGINT  NOT NULL REFERENCES scim_resources (id),
    version       BIGINT  NOT NULL,               -- as it was in the inbox
    run_id        BIGINT  NOT NULL,               -- 0: nothing had to be done
    acked_at      BIGINT  NOT NULL,
    PRIMARY KEY (resource_id, version)
) WITHOUT ROWID;
CREATE INDEX scim_acks_at ON scim_acks (acked_at);

CREATE TABLE scim_log (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    connection_id BIGINT  NOT NULL REFERENCES connections (id),
    at            BIGINT  NOT NULL,               -- of the push, as in the inbox
    token         TEXT    NOT NULL,               -- its name
    client        TEXT    NOT NULL,               -- User-Agent
    address       TEXT    NOT NULL,
    request_id    TEXT    NOT NULL,
    method        TEXT    NOT NULL,
    path          TEXT    NOT NULL,               -- after the connection's base, without the query
    status        INTEGER NOT NULL,
    took          BIGINT  NOT NULL,
    objects       TEXT    NOT NULL,               -- ids of the resources it touched, with commas between
    summary       TEXT    NOT NULL,               -- what it asked for, in words
    detail        TEXT    NOT NULL                -- why it was refused, in words
);
CREATE INDEX scim_log_connection ON scim_log (connection_id, id);
CREATE INDEX scim_log_at ON scim_log (at);

-- Who may change a subject in a target just now, where a run and pushes write
-- side by side.
CREATE TABLE leases (
    target_id     BIGINT  NOT NULL REFERENCES targets (id),
    kind          TEXT_C  NOT NULL,               -- user or group
    subject_id    BIGINT  NOT NULL,
    run_id        BIGINT  NOT NULL,
    holders       INTEGER NOT NULL DEFAULT 1,     -- batches of the run that hold it
    leased_until  BIGINT  NOT NULL,
    PRIMARY KEY (target_id, kind, subject_id)
);
CREATE INDEX leases_run ON leases (run_id, leased_until);

-- Of what was pushed: which execution of its workflow a run belongs to.
ALTER TABLE runs ADD COLUMN execution TEXT NOT NULL DEFAULT '';
-- Which attempt at draining may write for it: those before are fenced off.
ALTER TABLE runs ADD COLUMN drains BIGINT NOT NULL DEFAULT 0;
-- Raised whenever a push changes a user or the user's memberships, so that a
-- decision about what was there before is not stored over a newer one.
ALTER TABLE users ADD COLUMN pulled BIGINT NOT NULL DEFAULT 0;
-- Which pushed object a note is about.
ALTER TABLE notes ADD COLUMN resource_id BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE notes DROP COLUMN resource_id;
ALTER TABLE users DROP COLUMN pulled;
ALTER TABLE runs DROP COLUMN drains;
ALTER TABLE runs DROP COLUMN execution;
DROP TABLE leases;
DROP TABLE scim_log;
DROP TABLE scim_acks;
DROP TABLE inbox;
DROP TABLE scim_blocks;
DROP TABLE scim_members;
DROP TABLE scim_values;
DROP TABLE scim_resources;
DROP TABLE scim_tokens;
