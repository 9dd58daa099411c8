-- +goose Up
-- What rules, leavers, approvals, steering, undo and the record of all that
-- need. Times are Unix microseconds; 0 is never.

ALTER TABLE connections ADD COLUMN trips BIGINT NOT NULL DEFAULT 0;          -- runs that the guard stopped, each for something new, with no good one between
ALTER TABLE connections ADD COLUMN trip_run BIGINT NOT NULL DEFAULT 0;       -- the last run that it stopped; 0 when the last was not
ALTER TABLE connections ADD COLUMN quarantined_at BIGINT NOT NULL DEFAULT 0; -- since when no removal is admitted
ALTER TABLE connections ADD COLUMN quarantine_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE connections ADD COLUMN attributes TEXT NOT NULL DEFAULT '';      -- names of the source's attributes that are kept, sorted, with commas between; * is all

ALTER TABLE targets ADD COLUMN additive BOOLEAN NOT NULL DEFAULT TRUE;       -- only memberships that we made are removed
ALTER TABLE targets ADD COLUMN renames BOOLEAN NOT NULL DEFAULT FALSE;       -- groups can be renamed there
ALTER TABLE targets ADD COLUMN recreates BOOLEAN NOT NULL DEFAULT FALSE;     -- a rename may make a new group, once approved

ALTER TABLE users ADD COLUMN attributes TEXT NOT NULL DEFAULT '';            -- JSON object of what the rules ask for; '' is none
ALTER TABLE users ADD COLUMN erased_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN gone_at BIGINT NOT NULL DEFAULT 0;              -- since when housekeeping has known that the source has nobody of that id
CREATE INDEX users_gone ON users (gone_at) WHERE gone_at <> 0;

ALTER TABLE desired_accounts ADD COLUMN reason TEXT NOT NULL DEFAULT '';     -- why somebody is leaving
ALTER TABLE desired_accounts ADD COLUMN strip BOOLEAN NOT NULL DEFAULT FALSE; -- is to be in no group
ALTER TABLE desired_accounts ADD COLUMN user_name TEXT NOT NULL DEFAULT '';
ALTER TABLE desired_accounts ADD COLUMN attributes TEXT NOT NULL DEFAULT ''; -- JSON object, keys sorted; '' is none
ALTER TABLE accounts ADD COLUMN user_name TEXT NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN attributes TEXT NOT NULL DEFAULT '';         -- of those that rules make: as last written or seen

ALTER TABLE desired_groups ADD COLUMN problem TEXT NOT NULL DEFAULT '';      -- why it cannot be made
ALTER TABLE desired_groups ADD COLUMN detail TEXT NOT NULL DEFAULT '';

-- Which target group a source group's members belong in. A group that several
-- share, or that everybody is in, is a row of groups with presence 'derived'
-- and source_id 'rollcall:NAME' in lower case.
CREATE TABLE group_routes (
    target_id BIGINT NOT NULL REFERENCES targets (id),
    group_id  BIGINT NOT NULL REFERENCES groups (id),  -- the source's
    into_id   BIGINT NOT NULL REFERENCES groups (id),  -- as in desired_groups
    rule      TEXT   NOT NULL,
    PRIMARY KEY (target_id, group_id)
) WITHOUT ROWID;
CREATE INDEX group_routes_into ON group_routes (target_id, into_id);
INSERT INTO group_routes (target_id, group_id, into_id, rule) SELECT target_id, group_id, group_id, rule FROM desired_groups;

-- Groups that everybody in scope is in.
CREATE TABLE default_groups (
    target_id BIGINT NOT NULL REFERENCES targets (id),
    group_id  BIGINT NOT NULL REFERENCES groups (id),
    PRIMARY KEY (target_id, group_id)
) WITHOUT ROWID;

-- Which pushed groups are in which others, as the memberships of the people in
-- them were last reckoned.
CREATE TABLE scim_nested (
    child_id  BIGINT NOT NULL,
    parent_id BIGINT NOT NULL,
    PRIMARY KEY (child_id, parent_id)
) WITHOUT ROWID;

-- Members of linked groups that no link knows, where the group is to hold
-- exactly the source's members.
CREATE TABLE foreign_members (
    target_id BIGINT NOT NULL REFERENCES targets (id),
    group_id  BIGINT NOT NULL REFERENCES groups (id),
    remote_id TEXT   NOT NULL,
    PRIMARY KEY (target_id, group_id, remote_id)
) WITHOUT ROWID;

-- Who is leaving, and on which step of the ladder.
CREATE TABLE leavers (
    target_id BIGINT  NOT NULL REFERENCES targets (id),
    user_id   BIGINT  NOT NULL REFERENCES users (id),
    reason    TEXT    NOT NULL,
    ladder    TEXT    NOT NULL,                    -- as it was when the step was reckoned
    since     BIGINT  NOT NULL,
    step      INTEGER NOT NULL,                    -- steps that are due or done
    due_at    BIGINT  NOT NULL,                    -- when the next is; 0 when there is none
    held      BOOLEAN NOT NULL DEFAULT FALSE,      -- a person has stopped it where it is
    PRIMARY KEY (target_id, user_id)
);
CREATE INDEX leavers_due ON leavers (due_at) WHERE due_at <> 0 AND NOT held;
CREATE INDEX leavers_user ON leavers (user_id);
-- Memberships that a step took away, to be given back when the person comes back.
CREATE TABLE leaver_groups (
    target_id BIGINT NOT NULL REFERENCES targets (id),
    user_id   BIGINT NOT NULL REFERENCES users (id),
    group_id  BIGINT NOT NULL REFERENCES groups (id),
    origin    TEXT   NOT NULL,
    PRIMARY KEY (target_id, user_id, group_id)
);

-- What was undone, and stays so until the source says something else.
CREATE TABLE overrides (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    target_id  BIGINT NOT NULL REFERENCES targets (id),
    user_id    BIGINT NOT NULL REFERENCES users (id),
    group_id   BIGINT NOT NULL DEFAULT 0,          -- of a membership
    what       TEXT   NOT NULL,                    -- state, attributes or member
    value      TEXT   NOT NULL,                    -- a state; a JSON object; in or out
    basis      TEXT   NOT NULL,                    -- what the rules said then, written alike
    run_id     BIGINT NOT NULL,                    -- the undo's
    created_at BIGINT NOT NULL,
    UNIQUE (target_id, user_id, group_id, what)
);
CREATE INDEX overrides_user ON overrides (user_id);

-- Joiners for whom no licence was free, in their order.
CREATE TABLE seat_waits (
    target_id BIGINT NOT NULL REFERENCES targets (id),
    user_id   BIGINT NOT NULL REFERENCES users (id),
    since     BIGINT NOT NULL,
    PRIMARY KEY (target_id, user_id)
);

-- Accounts of a target that nobody here is linked to, as it was last read.
CREATE TABLE unlinked_accounts (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    target_id    BIGINT  NOT NULL REFERENCES targets (id),
    remote_id    TEXT    NOT NULL,
    email        TEXT    NOT NULL,
    email_key    TEXT    NOT NULL,
    user_name    TEXT    NOT NULL,
    display_name TEXT    NOT NULL,
    status       TEXT    NOT NULL,
    managed      BOOLEAN NOT NULL,
    read_only    BOOLEAN NOT NULL,
    observed_at  BIGINT  NOT NULL,
    UNIQUE (target_id, remote_id)
);
CREATE INDEX unlinked_accounts_email ON unlinked_accounts (target_id, email_key);
-- Users whose link a person took away: no other is made until a person sets one.
CREATE TABLE unlinks (
    target_id BIGINT NOT NULL REFERENCES targets (id),
    user_id   BIGINT NOT NULL REFERENCES users (id),
    PRIMARY KEY (target_id, user_id)
);

-- What a person, or a timer, asked for. The names in it never leave the database.
CREATE TABLE requests (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    connection_id BIGINT  NOT NULL REFERENCES connections (id),
    kind          TEXT    NOT NULL,                -- user, group, users, approval, undo, approve, reject
    name          TEXT    NOT NULL DEFAULT '',     -- who or what was asked for; '' once it ended
    users         TEXT    NOT NULL DEFAULT '',     -- JSON array of ids
    groups        TEXT    NOT NULL DEFAULT '',
    kinds         TEXT    NOT NULL DEFAULT '',     -- of changes, with commas between; '' is all
    subject       BIGINT  NOT NULL DEFAULT 0,      -- held plan, approval or run that it is about
    dry_run       BOOLEAN NOT NULL DEFAULT FALSE,
    who           TEXT    NOT NULL DEFAULT '',
    verified      BOOLEAN NOT NULL DEFAULT FALSE,
    run_id        BIGINT  NOT NULL DEFAULT 0,      -- the run that it became
    created_at    BIGINT  NOT NULL,
    ended_at      BIGINT  NOT NULL DEFAULT 0
);
CREATE INDEX requests_open ON requests (created_at) WHERE ended_at = 0;

ALTER TABLE runs ADD COLUMN control TEXT NOT NULL DEFAULT '';                -- pause or stop
ALTER TABLE runs ADD COLUMN pace BIGINT NOT NULL DEFAULT 0;                  -- most changes a second; 0 is no limit
ALTER TABLE runs ADD COLUMN rules_digest TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN asked_by TEXT NOT NULL DEFAULT '';               -- the person, where there was one
ALTER TABLE runs ADD COLUMN verified BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE runs ADD COLUMN request_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN approval_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN undoes BIGINT NOT NULL DEFAULT 0;                -- the run that it takes back
ALTER TABLE runs ADD COLUMN users_complete BOOLEAN NOT NULL DEFAULT FALSE;   -- the list of users was read to its end and believed
ALTER TABLE runs ADD COLUMN images_gone BOOLEAN NOT NULL DEFAULT FALSE;      -- what its changes say stood there before and after was forgotten
CREATE INDEX runs_ended ON runs (ended_at) WHERE ended_at <> 0;
CREATE INDEX runs_complete ON runs (connection_id, id) WHERE users_complete;
CREATE INDEX runs_images ON runs (ended_at) WHERE ended_at <> 0 AND NOT images_gone;
CREATE INDEX removals_run ON removals (run_id);
CREATE TABLE run_skips (
    run_id  BIGINT NOT NULL REFERENCES runs (id),
    user_id BIGINT NOT NULL REFERENCES users (id),
    PRIMARY KEY (run_id, user_id)
);

ALTER TABLE changes ADD COLUMN remote_id TEXT NOT NULL DEFAULT '';           -- of a member whom no link knows, or of an account that is to be deleted
ALTER TABLE changes ADD COLUMN approval_id BIGINT NOT NULL DEFAULT 0;        -- by which it was approved or rejected
CREATE INDEX changes_approval ON changes (approval_id, user_id, group_id) WHERE approval_id <> 0;

ALTER TABLE held_plans ADD COLUMN decided_at BIGINT NOT NULL DEFAULT 0;
-- Every yes and no to a held plan. Where two persons are asked for, the first
-- yes is a row without an effect.
CREATE TABLE approvals (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    held_id     BIGINT  NOT NULL REFERENCES held_plans (id),
    decision    TEXT    NOT NULL,                  -- approve or reject
    digest      TEXT    NOT NULL,
    kinds       TEXT    NOT NULL DEFAULT '',
    users       TEXT    NOT NULL DEFAULT '',       -- JSON array of ids; '' is all
    who         TEXT    NOT NULL,
    verified    BOOLEAN NOT NULL,
    changes     BIGINT  NOT NULL DEFAULT 0,        -- how many it is about
    effective   BOOLEAN NOT NULL,
    request_id  BIGINT  NOT NULL DEFAULT 0,        -- whose run carries it out
    key         TEXT_C  NOT NULL DEFAULT '',       -- of the asking: asked again, the answer is the same
    decided_at  BIGINT  NOT NULL
);
CREATE INDEX approvals_held ON approvals (held_id);

-- What persons did, for the record. It outlives what it is about.
CREATE TABLE actions (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    at            BIGINT  NOT NULL,
    connection_id BIGINT  NOT NULL DEFAULT 0,
    what          TEXT    NOT NULL,                -- approve, reject, pause, undo, link.set, erase, …
    who           TEXT    NOT NULL,
    verified      BOOLEAN NOT NULL,
    run_id        BIGINT  NOT NULL DEFAULT 0,
    user_id       BIGINT  NOT NULL DEFAULT 0,
    group_id      BIGINT  NOT NULL DEFAULT 0,
    text          TEXT    NOT NULL                 -- names nobody
);
CREATE INDEX actions_at ON actions (at);

-- What administrators are told. A row a message and destination.
CREATE TABLE notifications (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    connection_id BIGINT  NOT NULL DEFAULT 0,
    event         TEXT    NOT NULL,                -- failure, held, quarantine, seats, token, silence
    key           TEXT_C  NOT NULL,                -- the same thing is told once: UNIQUE with the destination
    destination   TEXT_C  NOT NULL,                -- its name in the configuration
    payload       TEXT    NOT NULL,                -- JSON; names nobody
    created_at    BIGINT  NOT NULL,
    delivered_at  BIGINT  NOT NULL DEFAULT 0,
    attempts      INTEGER NOT NULL DEFAULT 0,
    class         TEXT    NOT NULL DEFAULT '',     -- of the last failure
    UNIQUE (destination, key)
);
CREATE INDEX notifications_open ON notifications (id) WHERE delivered_at = 0;

-- +goose Down
DROP TABLE notifications;
DROP TABLE actions;
DROP TABLE approvals;
ALTER TABLE held_plans DROP COLUMN decided_at;
DROP INDEX changes_approval;
ALTER TABLE changes DROP COLUMN approval_id;
ALTER TABLE changes DROP COLUMN remote_id;
DROP TABLE run_skips;
DROP INDEX removals_run;
DROP INDEX runs_images;
DROP INDEX runs_complete;
DROP INDEX runs_ended;
ALTER TABLE runs DROP COLUMN images_gone;
ALTER TABLE runs DROP COLUMN users_complete;
ALTER TABLE runs DROP COLUMN undoes;
ALTER TABLE runs DROP COLUMN approval_id;
ALTER TABLE runs DROP COLUMN request_id;
ALTER TABLE runs DROP COLUMN verified;
ALTER TABLE runs DROP COLUMN asked_by;
ALTER TABLE runs DROP COLUMN rules_digest;
ALTER TABLE runs DROP COLUMN pace;
ALTER TABLE runs DROP COLUMN control;
DROP TABLE requests;
DROP TABLE unlinks;
DROP TABLE unlinked_accounts;
DROP TABLE seat_waits;
DROP TABLE overrides;
DROP TABLE leaver_groups;
DROP TABLE leavers;
DROP TABLE foreign_members;
DROP TABLE scim_nested;
DROP TABLE default_groups;
DROP TABLE group_routes;
ALTER TABLE desired_groups DROP COLUMN detail;
ALTER TABLE desired_groups DROP COLUMN problem;
ALTER TABLE accounts DROP COLUMN attributes;
ALTER TABLE accounts DROP COLUMN user_name;
ALTER TABLE desired_accounts DROP COLUMN attributes;
ALTER TABLE desired_accounts DROP COLUMN user_name;
ALTER TABLE desired_accounts DROP COLUMN strip;
ALTER TABLE desired_accounts DROP COLUMN reason;
DROP INDEX users_gone;
ALTER TABLE users DROP COLUMN gone_at;
ALTER TABLE users DROP COLUMN erased_at;
ALTER TABLE users DROP COLUMN attributes;
ALTER TABLE targets DROP COLUMN recreates;
ALTER TABLE targets DROP COLUMN renames;
ALTER TABLE targets DROP COLUMN additive;
ALTER TABLE connections DROP COLUMN attributes;
ALTER TABLE connections DROP COLUMN quarantine_reason;
ALTER TABLE connections DROP COLUMN quarantined_at;
ALTER TABLE connections DROP COLUMN trip_run;
ALTER TABLE connections DROP COLUMN trips;
