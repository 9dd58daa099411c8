-- +goose Up
-- Written once for both databases: "INTEGER PRIMARY KEY AUTOINCREMENT" becomes
-- an identity column on PostgreSQL and BLOB becomes BYTEA (see migrate.go).
-- Times are Unix microseconds; 0 is never.

CREATE TABLE connections (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    name          TEXT    NOT NULL UNIQUE,
    rules_digest  TEXT    NOT NULL DEFAULT '',
    identity      TEXT    NOT NULL DEFAULT '',   -- the source organisation, learnt from it
    watermark     BIGINT  NOT NULL DEFAULT 0,    -- source time up to which changes are known
    full_read_at  BIGINT  NOT NULL DEFAULT 0,    -- when the source was last read in full
    full_due      BOOLEAN NOT NULL DEFAULT TRUE, -- the next run must read in full
    log_cursor    TEXT    NOT NULL DEFAULT '',   -- where polling of the source's event log stands
    claim_run     BIGINT  NOT NULL DEFAULT 0,
    claim_owner   TEXT    NOT NULL DEFAULT '',   -- workflow id
    claim_epoch   BIGINT  NOT NULL DEFAULT 0,
    claim_until   BIGINT  NOT NULL DEFAULT 0
);

CREATE TABLE targets (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    connection_id BIGINT  NOT NULL REFERENCES connections (id),
    name          TEXT    NOT NULL,
    kind          TEXT    NOT NULL,
    identity      TEXT    NOT NULL,
    full_read_at  BIGINT  NOT NULL DEFAULT 0,     -- when what is known of it was complete; 0 makes the next run read it
    UNIQUE (connection_id, name)
);

CREATE TABLE users (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    connection_id BIGINT  NOT NULL REFERENCES connections (id),
    source_id     TEXT    NOT NULL,
    status        TEXT    NOT NULL,
    assigned      BOOLEAN NOT NULL,
    -- present; absent: missing from a complete list, not confirmed; gone: a direct look-up did not find it
    presence      TEXT    NOT NULL DEFAULT 'present',
    login         TEXT    NOT NULL,
    email         TEXT    NOT NULL,
    email_key     TEXT    NOT NULL,               -- lower case, for comparison
    first_name    TEXT    NOT NULL,
    last_name     TEXT    NOT NULL,
    display_name  TEXT    NOT NULL,
    fingerprint   TEXT    NOT NULL,
    last_updated  BIGINT  NOT NULL,
    read_at       BIGINT  NOT NULL,               -- when what is stored here was asked for
    dirty         BOOLEAN NOT NULL DEFAULT TRUE,
    UNIQUE (connection_id, source_id)
);
CREATE INDEX users_dirty ON users (connection_id, id) WHERE dirty;
CREATE INDEX users_email ON users (connection_id, email_key);
CREATE INDEX users_login ON users (connection_id, login);
CREATE INDEX users_missing ON users (connection_id, id) WHERE presence <> 'present';

CREATE TABLE groups (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    connection_id      BIGINT  NOT NULL REFERENCES connections (id),
    source_id          TEXT    NOT NULL,
    name               TEXT    NOT NULL,
    name_key           TEXT    NOT NULL,
    description        TEXT    NOT NULL,
    type               TEXT    NOT NULL,
    presence           TEXT    NOT NULL DEFAULT 'present',
    fingerprint        TEXT    NOT NULL,
    members_updated    BIGINT  NOT NULL,
    members_digest     TEXT    NOT NULL DEFAULT '', -- of the source ids last read; '' is unknown
    members_unknown    BIGINT  NOT NULL DEFAULT 0,  -- how many of them are not in users
    members_due        BOOLEAN NOT NULL DEFAULT TRUE,
    read_at            BIGINT  NOT NULL,
    dirty              BOOLEAN NOT NULL DEFAULT TRUE,
    UNIQUE (connection_id, source_id)
);
CREATE INDEX groups_dirty ON groups (connection_id, id) WHERE dirty;
CREATE INDEX groups_due ON groups (connection_id, id) WHERE members_due;
CREATE INDEX groups_name ON groups (connection_id, name_key);
CREATE INDEX groups_unknown ON groups (connection_id) WHERE members_unknown > 0;

CREATE TABLE memberships (
    group_id BIGINT  NOT NULL REFERENCES groups (id),
    user_id  BIGINT  NOT NULL REFERENCES users (id),
    absent   BOOLEAN NOT NULL DEFAULT FALSE,      -- missing from a complete list, not confirmed
    PRIMARY KEY (group_id, user_id)
);
CREATE INDEX memberships_user ON memberships (user_id, group_id);

CREATE TABLE desired_accounts (
    target_id    BIGINT  NOT NULL REFERENCES targets (id),
    user_id      BIGINT  NOT NULL REFERENCES users (id),
    state        TEXT    NOT NULL,                -- active, suspended, kept (nothing is asked for)
    email        TEXT    NOT NULL,
    email_key    TEXT    NOT NULL,
    display_name TEXT    NOT NULL,
    rule         TEXT    NOT NULL,                -- the rule that caused it
    evidence     TEXT    NOT NULL,                -- explicit or absence
    version      BIGINT  NOT NULL DEFAULT 1,
    PRIMARY KEY (target_id, user_id)
);
CREATE INDEX desired_accounts_email ON desired_accounts (target_id, email_key);

CREATE TABLE desired_groups (
    target_id BIGINT NOT NULL REFERENCES targets (id),
    group_id  BIGINT NOT NULL REFERENCES groups (id),
    name      TEXT   NOT NULL,
    name_key  TEXT   NOT NULL,
    rule      TEXT   NOT NULL,
    version   BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (target_id, group_id)
);
CREATE INDEX desired_groups_name ON desired_groups (target_id, name_key);

CREATE TABLE desired_memberships (
    target_id BIGINT NOT NULL REFERENCES targets (id),
    group_id  BIGINT NOT NULL REFERENCES groups (id),
    user_id   BIGINT NOT NULL REFERENCES users (id),
    PRIMARY KEY (target_id, user_id, group_id)
);
CREATE INDEX desired_memberships_group ON desired_memberships (target_id, group_id, user_id);

-- The links: which account is whose. Unique in the place that accounts live in, across connections.
CREATE TABLE accounts (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    target_id    BIGINT  NOT NULL REFERENCES targets (id),
    identity     TEXT    NOT NULL,
    remote_id    TEXT    NOT NULL,
    user_id      BIGINT  NOT NULL REFERENCES users (id),
    origin       TEXT    NOT NULL,                -- created or adopted
    email        TEXT    NOT NULL,
    email_key    TEXT    NOT NULL,
    display_name TEXT    NOT NULL,
    status       TEXT    NOT NULL,
    managed      BOOLEAN NOT NULL,
    read_only    BOOLEAN NOT NULL DEFAULT FALSE,
    protected    BOOLEAN NOT NULL DEFAULT FALSE,
    observed_at  BIGINT  NOT NULL,
    UNIQUE (identity, remote_id),
    UNIQUE (target_id, user_id)
);
CREATE INDEX accounts_email ON accounts (target_id, email_key);
CREATE INDEX accounts_active ON accounts (target_id, user_id) WHERE status = 'active';
CREATE INDEX accounts_protected ON accounts (target_id, user_id) WHERE protected;
CREATE INDEX accounts_read_only ON accounts (target_id, user_id) WHERE read_only;

CREATE TABLE target_groups (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    target_id    BIGINT  NOT NULL REFERENCES targets (id),
    identity     TEXT    NOT NULL,
    remote_id    TEXT    NOT NULL,
    group_id     BIGINT  NOT NULL REFERENCES groups (id),
    origin       TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    read_only    BOOLEAN NOT NULL DEFAULT FALSE,
    protected    BOOLEAN NOT NULL DEFAULT FALSE,
    observed_at  BIGINT  NOT NULL,
    UNIQUE (identity, remote_id),
    UNIQUE (target_id, group_id)
);

CREATE TABLE target_memberships (
    target_id BIGINT NOT NULL REFERENCES targets (id),
    group_id  BIGINT NOT NULL REFERENCES groups (id),
    user_id   BIGINT NOT NULL REFERENCES users (id),
    origin    TEXT   NOT NULL,
    PRIMARY KEY (target_id, user_id, group_id)
);
CREATE INDEX target_memberships_group ON target_memberships (target_id, group_id, user_id);

-- What is never touched in a target: as the target itself says.
CREATE TABLE protected_objects (
    target_id BIGINT NOT NULL REFERENCES targets (id),
    kind      TEXT   NOT NULL,                    -- account or group
    remote_id TEXT   NOT NULL,
    PRIMARY KEY (target_id, kind, remote_id)
);

CREATE TABLE runs (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    connection_id  BIGINT  NOT NULL REFERENCES connections (id),
    workflow_id    TEXT    NOT NULL,
    trigger_by     TEXT    NOT NULL,              -- schedule, hand, log
    dry_run        BOOLEAN NOT NULL,
    allow_removals BOOLEAN NOT NULL,
    full_read      BOOLEAN NOT NULL,
    stage          TEXT    NOT NULL,
    outcome        TEXT    NOT NULL DEFAULT '',   -- '' while it goes on
    reason         TEXT    NOT NULL DEFAULT '',
    since          BIGINT  NOT NULL,              -- the watermark it reads from
    read_from      BIGINT  NOT NULL DEFAULT 0,    -- source time of its first answer: the next watermark
    users_read     BIGINT  NOT NULL DEFAULT 0,
    groups_read    BIGINT  NOT NULL DEFAULT 0,
    members_read   BIGINT  NOT NULL DEFAULT 0,
    started_at     BIGINT  NOT NULL,
    ended_at       BIGINT  NOT NULL DEFAULT 0
);
CREATE INDEX runs_connection ON runs (connection_id, id);
CREATE INDEX runs_workflow ON runs (workflow_id, id);

-- What a run saw in a list: packed surrogate ids, one row an activity; dropped when the run ends.
CREATE TABLE seen (
    run_id     BIGINT NOT NULL REFERENCES runs (id),
    collection TEXT   NOT NULL,
    part       TEXT   NOT NULL,
    ids        BLOB   NOT NULL,
    PRIMARY KEY (run_id, collection, part)
);

-- Notes of a run for the administrator: what it noticed apart from changes.
CREATE TABLE notes (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id    BIGINT NOT NULL REFERENCES runs (id),
    target_id BIGINT NOT NULL DEFAULT 0,
    code      TEXT   NOT NULL,
    user_id   BIGINT NOT NULL DEFAULT 0,
    group_id  BIGINT NOT NULL DEFAULT 0,
    text      TEXT   NOT NULL
);
CREATE INDEX notes_run ON notes (run_id, id);

CREATE TABLE changes (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id      BIGINT  NOT NULL REFERENCES runs (id),
    target_id   BIGINT  NOT NULL REFERENCES targets (id),
    stage       INTEGER NOT NULL,                 -- order of apply, directory.Stage
    ord         BIGINT  NOT NULL,                 -- place within the stage
    kind        TEXT    NOT NULL,
    user_id     BIGINT  NOT NULL DEFAULT 0,
    group_id    BIGINT  NOT NULL DEFAULT 0,
    rule        TEXT    NOT NULL DEFAULT '',
    evidence    TEXT    NOT NULL DEFAULT '',
    before      TEXT    NOT NULL DEFAULT '',
    after       TEXT    NOT NULL DEFAULT '',
    state       TEXT    NOT NULL,
    class       TEXT    NOT NULL DEFAULT '',
    detail      TEXT    NOT NULL DEFAULT '',      -- the target's words
    attempts    INTEGER NOT NULL DEFAULT 0,
    intent_at   BIGINT  NOT NULL DEFAULT 0,       -- a create was about to be sent; the object was not there then
    done_at     BIGINT  NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX changes_run ON changes (run_id, target_id, stage, ord); -- a plan is written once
CREATE INDEX changes_user ON changes (user_id, run_id);
CREATE INDEX changes_doubted ON changes (run_id, target_id, user_id, id) WHERE state = 'doubted';

CREATE TABLE held_plans (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id     BIGINT NOT NULL REFERENCES runs (id),
    target_id  BIGINT NOT NULL REFERENCES targets (id),
    digest     TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    changes    BIGINT NOT NULL,
    state      TEXT   NOT NULL,                   -- held, superseded, expired
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    UNIQUE (run_id, target_id)
);
CREATE INDEX held_plans_open ON held_plans (target_id) WHERE state = 'held';

-- The guard's window: removals admitted, by time.
CREATE TABLE removals (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    target_id   BIGINT NOT NULL REFERENCES targets (id),
    kind        TEXT   NOT NULL,
    run_id      BIGINT NOT NULL,
    change_id   BIGINT NOT NULL,
    admitted_at BIGINT NOT NULL
);
CREATE INDEX removals_window ON removals (target_id, kind, admitted_at);
CREATE UNIQUE INDEX removals_change ON removals (change_id); -- a removal counts once

-- +goose Down
DROP TABLE removals;
DROP TABLE held_plans;
DROP TABLE changes;
DROP TABLE notes;
DROP TABLE seen;
DROP TABLE runs;
DROP TABLE protected_objects;
DROP TABLE target_memberships;
DROP TABLE target_groups;
DROP TABLE accounts;
DROP TABLE desired_memberships;
DROP TABLE desired_groups;
DROP TABLE desired_accounts;
DROP TABLE memberships;
DROP TABLE groups;
DROP TABLE users;
DROP TABLE targets;
DROP TABLE connections;
