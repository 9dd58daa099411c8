package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// tokenShown is how long a token that is revoked or has expired is still listed.
const tokenShown = 30 * 24 * time.Hour

// CreateScimToken records a token by its digest. The connection is made known
// when nothing has run on it yet. A zero expires is never.
func (s *Store) CreateScimToken(ctx context.Context, connection, name, digest string, expires, now time.Time) (ScimToken, error) {
	token := ScimToken{Connection: connection, Name: name, Created: fromMicros(micros(now)), Expires: fromMicros(micros(expires))}
	err := s.write(ctx, func(ctx context.Context, tx *Tx) error {
		if _, err := tx.exec(ctx, `INSERT INTO connections (name) VALUES (?) ON CONFLICT (name) DO NOTHING`, connection); err != nil {
			return fmt.Errorf("record connection %s: %w", connection, err)
		}
		if err := tx.get(ctx, &token.ID, `INSERT INTO scim_tokens (connection_id, name, digest, created_at, expires_at)
			SELECT c.id, CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS BIGINT) FROM connections c WHERE c.name = ? RETURNING id`,
			name, digest, micros(now), micros(expires), connection); err != nil {
			return fmt.Errorf("record token %s: %w", name, err)
		}
		return nil
	})
	return token, err
}

// ScimTokens lists the tokens of a connection, or of all with an empty name,
// the oldest first; not those that ended more than 30 days ago.
func (s *Store) ScimTokens(ctx context.Context, connection string) ([]ScimToken, error) {
	var tokens []ScimToken
	ended := micros(time.Now().Add(-tokenShown))
	err := s.each(ctx, func(rows *sqlx.Rows) error {
		var t ScimToken
		var created, expires, revoked, used int64
		if err := rows.Scan(&t.ID, &t.Connection, &t.Name, &created, &expires, &revoked, &used); err != nil {
			return err
		}
		t.Created, t.Expires, t.Revoked, t.LastUsed = fromMicros(created), fromMicros(expires), fromMicros(revoked), fromMicros(used)
		tokens = append(tokens, t)
		return nil
	}, `SELECT t.id, c.name, t.name, t.created_at, t.expires_at, t.revoked_at, t.used_at FROM scim_tokens t JOIN connections c ON c.id = t.connection_id
		WHERE (? = '' OR c.name = ?) AND (t.revoked_at = 0 OR t.revoked_at > ?) AND (t.expires_at = 0 OR t.expires_at > ?) ORDER BY t.id`,
		connection, connection, ended, ended)
	if err != nil {
		return nil, fmt.Errorf("read tokens: %w", err)
	}
	return tokens, nil
}

// RevokeScimToken ends every token of a name at once and returns how many that
// were; ErrNotFound when there is none.
func (s *Store) RevokeScimToken(ctx context.Context, connection, name string, now time.Time) (int, error) {
	var n int64
	err := s.write(ctx, func(ctx context.Context, tx *Tx) (err error) {
		n, err = tx.exec(ctx, `UPDATE scim_tokens SET revoked_at = ? WHERE connection_id IN (SELECT c.id FROM connections c WHERE c.name = ?) AND name = ? AND revoked_at = 0`,
			micros(now), connection, name)
		if err != nil {
			return fmt.Errorf("revoke token %s: %w", name, err)
		}
		if n == 0 {
			return ErrNotFound
		}
		return nil
	})
	return int(n), err
}

// ExpireScimTokens lets the tokens of a name end at a time, but for the one to
// keep; what ends before that already does so still.
func (s *Store) ExpireScimTokens(ctx context.Context, connection, name string, keepID int64, at time.Time) error {
	return s.write(ctx, func(ctx context.Context, tx *Tx) error {
		if _, err := tx.exec(ctx, `UPDATE scim_tokens SET expires_at = ? WHERE connection_id IN (SELECT c.id FROM connections c WHERE c.name = ?) AND name = ?
			AND id <> ? AND revoked_at = 0 AND (expires_at = 0 OR expires_at > ?)`, micros(at), connection, name, keepID, micros(at)); err != nil {
			return fmt.Errorf("let older tokens %s expire: %w", name, err)
		}
		return nil
	})
}

// ScimCaller finds who has a token, by its digest. It is ErrNotFound for a
// token that is wrong, expired, revoked or another connection's.
func (s *Store) ScimCaller(ctx context.Context, connection, digest string, now time.Time) (ScimCaller, error) {
	var caller ScimCaller
	err := s.each(ctx, func(rows *sqlx.Rows) error {
		var expires, used int64
		if err := rows.Scan(&caller.TokenID, &caller.ConnectionID, &caller.TokenName, &expires, &used); err != nil {
			return err
		}
		caller.Expires, caller.LastUsed = fromMicros(expires), fromMicros(used)
		return nil
	}, `SELECT t.id, t.connection_id, t.name, t.expires_at, t.used_at FROM scim_tokens t JOIN connections c ON c.id = t.connection_id
		WHERE t.digest = ? AND c.name = ? AND t.revoked_at = 0 AND (t.expires_at = 0 OR t.expires_at > ?)`, digest, connection, micros(now))
	if err != nil {
		return ScimCaller{}, fmt.Errorf("find token: %w", err)
	}
	if caller.TokenID == 0 {
		return ScimCaller{}, ErrNotFound
	}
	return caller, nil
}

// TouchScimToken records that a token was used, to the minute.
func (s *Store) TouchScimToken(ctx context.Context, tokenID int64, now time.Time) error {
	minute := micros(now.Truncate(time.Minute))
	return s.write(ctx, func(ctx context.Context, tx *Tx) error {
		if _, err := tx.execKeyed(ctx, `UPDATE scim_tokens SET used_at = ? WHERE id = ? AND used_at < ?`, minute, tokenID, minute); err != nil {
			return fmt.Errorf("record use of a token: %w", err)
		}
		return nil
	})
}
