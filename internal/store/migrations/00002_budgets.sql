-- +goose Up
-- One row for each rate-limit bucket of an endpoint under one credential, shared
-- by every process that calls it. Times and lengths of time are microseconds.

CREATE TABLE budgets (
    owner         TEXT    NOT NULL,            -- endpoint and a digest of the credential
    bucket        TEXT    NOT NULL,            -- the vendor's bucket, as a path template
    version       BIGINT  NOT NULL,            -- raised by every write
    phase         TEXT    NOT NULL,            -- '' unknown, unlimited, limited, paced
    vendor_limit  BIGINT  NOT NULL,            -- the vendor's limit for a window
    cap           BIGINT  NOT NULL,            -- the most that a window may have from us
    used          BIGINT  NOT NULL,            -- calls leased in this window
    used_late     BIGINT  NOT NULL,            -- of those, the ones that the next window may count
    done          BIGINT  NOT NULL,            -- calls of this window that were answered
    remaining     BIGINT  NOT NULL,            -- the least that the vendor stated in this window
    outside       BIGINT  NOT NULL,            -- calls of others that this implies
    epoch         BIGINT  NOT NULL,            -- number of the window
    window_length BIGINT  NOT NULL,
    reset_at      BIGINT  NOT NULL,            -- when the window ends, 0 unknown
    probe_until   BIGINT  NOT NULL,            -- one call goes alone until then
    blocked_until BIGINT  NOT NULL,            -- when the vendor said to come back
    refused_at    BIGINT  NOT NULL,            -- when a 429 last lowered the cap
    refusals      BIGINT  NOT NULL,
    PRIMARY KEY (owner, bucket)
);

-- +goose Down
DROP TABLE budgets;
