-- +goose Up
-- Groups in groups, and permissions of groups, for the targets that have them.
-- Times are Unix microseconds; 0 is never.

ALTER TABLE targets ADD COLUMN nests BOOLEAN NOT NULL DEFAULT FALSE;         -- an inner group that is taken itself goes into the outer one
ALTER TABLE targets ADD COLUMN nestings_version BIGINT NOT NULL DEFAULT 0;   -- of nesting_versions, by which desired_nestings was reckoned; -1 is to be reckoned
ALTER TABLE targets ADD COLUMN permissions TEXT NOT NULL DEFAULT '';         -- what desired_permissions was made from: JSON, sorted

ALTER TABLE runs DROP COLUMN read_from;                                      -- nothing reads it: the watermark is the connection's

-- Which groups of the source are in which.
CREATE TABLE group_nestings (
    connection_id BIGINT NOT NULL REFERENCES connections (id),
    child_id      BIGINT NOT NULL REFERENCES groups (id),
    parent_id     BIGINT NOT NULL REFERENCES groups (id),
    PRIMARY KEY (connection_id, child_id, parent_id)
) WITHOUT ROWID;
CREATE INDEX group_nestings_parent ON group_nestings (connection_id, parent_id, child_id);

-- Counts the changes of group_nestings.
CREATE TABLE nesting_versions (
    connection_id BIGINT PRIMARY KEY REFERENCES connections (id),
    version       BIGINT NOT NULL
);

ALTER TABLE memberships ADD COLUMN direct BOOLEAN NOT NULL DEFAULT TRUE;     -- in the group itself, not only in one that is in it

-- What a pushed connection knows already.
INSERT INTO group_nestings (connection_id, child_id, parent_id)
    SELECT child.connection_id, child.id, parent.id
    FROM scim_nested n
    JOIN scim_resources rc ON rc.id = n.child_id AND rc.deleted_at = 0
    JOIN scim_resources rp ON rp.id = n.parent_id AND rp.deleted_at = 0
    JOIN groups child ON child.connection_id = rc.connection_id AND child.source_id = rc.scim_id
    JOIN groups parent ON parent.connection_id = rp.connection_id AND parent.source_id = rp.scim_id;
INSERT INTO nesting_versions (connection_id, version) SELECT DISTINCT connection_id, 1 FROM group_nestings;
-- What has no row yet is noted when it is next taken over.
DELETE FROM scim_nested WHERE NOT EXISTS (
    SELECT 1 FROM scim_resources rc
    JOIN groups child ON child.connection_id = rc.connection_id AND child.source_id = rc.scim_id
    JOIN group_nestings n ON n.connection_id = child.connection_id AND n.child_id = child.id
    JOIN groups parent ON parent.id = n.parent_id
    JOIN scim_resources rp ON rp.connection_id = parent.connection_id AND rp.scim_id = parent.source_id
    WHERE rc.id = scim_nested.child_id AND rp.id = scim_nested.parent_id);
UPDATE memberships SET direct = FALSE
    WHERE group_id IN (SELECT parent_id FROM group_nestings)
    AND NOT EXISTS (
        SELECT 1 FROM groups g
        JOIN scim_resources rg ON rg.connection_id = g.connection_id AND rg.scim_id = g.source_id
        JOIN scim_members m ON m.group_id = rg.id
        JOIN scim_resources ru ON ru.id = m.member_id
        JOIN users u ON u.connection_id = ru.connection_id AND u.source_id = ru.scim_id
        WHERE g.id = memberships.group_id AND u.id = memberships.user_id);

-- Which groups of a target belong in which, and are there.
CREATE TABLE desired_nestings (
    target_id BIGINT NOT NULL REFERENCES targets (id),
    child_id  BIGINT NOT NULL REFERENCES groups (id),
    group_id  BIGINT NOT NULL REFERENCES groups (id), -- the outer one
    wanted    BOOLEAN NOT NULL,                       -- FALSE where that was undone
    ruled     BOOLEAN NOT NULL,                       -- the source says so; FALSE where only an undo does
    flat      BOOLEAN NOT NULL DEFAULT FALSE,         -- the inner one cannot be had there: its people are in the outer one by one
    refused   BOOLEAN NOT NULL DEFAULT FALSE,         -- the target would not put it in, and it was not seen there since
    rule      TEXT   NOT NULL,
    PRIMARY KEY (target_id, child_id, group_id)
) WITHOUT ROWID;
CREATE INDEX desired_nestings_group ON desired_nestings (target_id, group_id, child_id);

-- It was tried to link it, in vain: its name is another's, refused, or protected. A link ends it.
ALTER TABLE desired_groups ADD COLUMN unobtainable BOOLEAN NOT NULL DEFAULT FALSE;

CREATE TABLE target_nestings (
    target_id BIGINT NOT NULL REFERENCES targets (id),
    child_id  BIGINT NOT NULL REFERENCES groups (id),
    group_id  BIGINT NOT NULL REFERENCES groups (id),
    origin    TEXT   NOT NULL,                        -- created, adopted, or found where it is not wanted
    missing   BOOLEAN NOT NULL DEFAULT FALSE,         -- it may or may not be there, as with target_memberships
    PRIMARY KEY (target_id, child_id, group_id)
) WITHOUT ROWID;
CREATE INDEX target_nestings_group ON target_nestings (target_id, group_id, child_id);

-- What the configuration gives groups of a target, by their names in lower
-- case, and what they were last seen to hold of it. A greater rank includes the lesser.
CREATE TABLE desired_permissions (
    target_id BIGINT  NOT NULL REFERENCES targets (id),
    group_key TEXT    NOT NULL,
    scope     TEXT    NOT NULL,
    level     TEXT    NOT NULL,
    rank      INTEGER NOT NULL,
    PRIMARY KEY (target_id, group_key, scope)
) WITHOUT ROWID;

CREATE TABLE target_permissions (
    target_id BIGINT  NOT NULL REFERENCES targets (id),
    group_id  BIGINT  NOT NULL REFERENCES groups (id),
    scope     TEXT    NOT NULL,
    level     TEXT    NOT NULL,
    rank      INTEGER NOT NULL,
    PRIMARY KEY (target_id, group_id, scope)
) WITHOUT ROWID;

-- What was undone of groups, and stays so until the source or the configuration
-- says something else.
CREATE TABLE group_overrides (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    target_id  BIGINT NOT NULL REFERENCES targets (id),
    group_id   BIGINT NOT NULL REFERENCES groups (id),
    outer_id   BIGINT NOT NULL DEFAULT 0,             -- of a nesting
    scope      TEXT   NOT NULL DEFAULT '',            -- of a permission
    value      TEXT   NOT NULL,                       -- in or out; a level
    basis      TEXT   NOT NULL,                       -- what was asked for then, written alike
    run_id     BIGINT NOT NULL,                       -- the undo's
    created_at BIGINT NOT NULL,
    UNIQUE (target_id, group_id, outer_id, scope)
);
CREATE INDEX group_overrides_run ON group_overrides (run_id);

ALTER TABLE changes ADD COLUMN outer_id BIGINT NOT NULL DEFAULT 0;           -- the group that group_id goes into or comes out of
CREATE INDEX changes_nesting ON changes (group_id, run_id) WHERE outer_id <> 0;
ALTER TABLE changes ADD COLUMN scope TEXT NOT NULL DEFAULT '';               -- what a permission is for
ALTER TABLE changes ADD COLUMN people BIGINT NOT NULL DEFAULT 0;             -- who lose a membership by it, as the guard counts

-- What was done beside a change, in the target's own keys: what a leaver led and handed over.
ALTER TABLE changes ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE targets ADD COLUMN renames_accounts BOOLEAN NOT NULL DEFAULT FALSE; -- the user name of an account that exists is written too
ALTER TABLE targets ADD COLUMN undo_by TEXT NOT NULL DEFAULT 'account.suspend'; -- what takes an account's access back; empty where nothing does that can be undone itself

ALTER TABLE targets ADD COLUMN unwritable BOOLEAN NOT NULL DEFAULT FALSE;       -- no attribute of an account can be written: none is planned
CREATE INDEX desired_accounts_user_name ON desired_accounts (target_id, LOWER(user_name)); -- where accounts are known by it
CREATE INDEX unlinked_accounts_user_name ON unlinked_accounts (target_id, LOWER(user_name));
CREATE INDEX accounts_user_name ON accounts (target_id, LOWER(user_name)) WHERE LOWER(user_name) <> '';
ALTER TABLE target_groups ADD COLUMN name_key TEXT NOT NULL DEFAULT '';         -- the name in lower case: some products keep no other
UPDATE target_groups SET name_key = LOWER(name);

-- Groups that a target said are gone, and who was in them by us: should the same
-- one show again, the answer was wrong, and it is the same group's again.
CREATE TABLE lost_groups (
    target_id BIGINT NOT NULL REFERENCES targets (id),
    group_id  BIGINT NOT NULL REFERENCES groups (id),
    identity  TEXT   NOT NULL,
    remote_id TEXT   NOT NULL,
    origin    TEXT   NOT NULL,
    lost_at   BIGINT NOT NULL,
    PRIMARY KEY (target_id, group_id)
) WITHOUT ROWID;

CREATE TABLE lost_memberships (
    target_id BIGINT NOT NULL REFERENCES targets (id),
    group_id  BIGINT NOT NULL REFERENCES groups (id),
    user_id   BIGINT NOT NULL REFERENCES users (id),
    PRIMARY KEY (target_id, group_id, user_id)
) WITHOUT ROWID;

-- Which groups we put in one of them, and which of them in others.
CREATE TABLE lost_nestings (
    target_id BIGINT NOT NULL REFERENCES targets (id),
    group_id  BIGINT NOT NULL REFERENCES groups (id), -- the one that is gone: either of the others
    child_id  BIGINT NOT NULL REFERENCES groups (id),
    outer_id  BIGINT NOT NULL REFERENCES groups (id),
    PRIMARY KEY (target_id, group_id, child_id, outer_id)
) WITHOUT ROWID;

-- When somebody was last looked for, in vain, in a target that makes no accounts; 0 is to be looked for.
ALTER TABLE desired_accounts ADD COLUMN sought_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX desired_accounts_sought ON desired_accounts (target_id, sought_at) WHERE sought_at > 0;

-- It is ours, and may or may not be there: it is about to be sent, nobody was told
-- what became of it, or a list of the group's members lacked it, which may have been
-- wrong. A plan adds it again if it is wanted, and takes it away if it is not.
ALTER TABLE target_memberships ADD COLUMN missing BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX target_memberships_missing ON target_memberships (target_id, user_id) WHERE missing;

-- Creates of accounts that are under way, or that nobody was told the end of.
CREATE INDEX changes_left ON changes (target_id, user_id) WHERE kind = 'account.create' AND intent_at > 0 AND state IN ('planned', 'retry', 'failed');

-- +goose Down
ALTER TABLE runs ADD COLUMN read_from BIGINT NOT NULL DEFAULT 0;
DROP INDEX changes_left;
DROP INDEX target_memberships_missing;
ALTER TABLE target_memberships DROP COLUMN missing;
DROP INDEX desired_accounts_sought;
ALTER TABLE desired_accounts DROP COLUMN sought_at;
DROP TABLE lost_nestings;
DROP TABLE lost_memberships;
DROP TABLE lost_groups;
ALTER TABLE target_groups DROP COLUMN name_key;
DROP INDEX accounts_user_name;
DROP INDEX unlinked_accounts_user_name;
DROP INDEX desired_accounts_user_name;
ALTER TABLE targets DROP COLUMN unwritable;
ALTER TABLE targets DROP COLUMN undo_by;
ALTER TABLE targets DROP COLUMN renames_accounts;
ALTER TABLE changes DROP COLUMN note;
ALTER TABLE changes DROP COLUMN people;
ALTER TABLE changes DROP COLUMN scope;
DROP INDEX changes_nesting;
ALTER TABLE changes DROP COLUMN outer_id;
DROP TABLE group_overrides;
DROP TABLE target_permissions;
DROP TABLE desired_permissions;
DROP TABLE target_nestings;
ALTER TABLE desired_groups DROP COLUMN unobtainable;
DROP TABLE desired_nestings;
ALTER TABLE memberships DROP COLUMN direct;
DROP TABLE nesting_versions;
DROP TABLE group_nestings;
ALTER TABLE targets DROP COLUMN permissions;
ALTER TABLE targets DROP COLUMN nestings_version;
ALTER TABLE targets DROP COLUMN nests;
