package gateway

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rollcall-sync/rollcall/internal/scim"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// authenticate settles who asks. Whatever was sent, or was not, is hashed and
// looked up with one statement, so that the time of an answer does not tell a
// wrong token from an expired one, another connection's or none, nor a
// connection from a name that is none.
func (c *call) authenticate() error {
	token, name := c.credentials()
	c.digest = scim.Digest(token)
	now := c.started
	if wait := c.g.logins.blocked(c.address, c.digest, now); wait > 0 {
		c.g.metrics.rejected.WithLabelValues("logins").Inc()
		return &refusal{status: http.StatusTooManyRequests, retryAfter: wait,
			detail: "too many failed logins from this address; wait " + strconv.Itoa(wait) + " seconds"}
	}
	caller, err := c.g.store.ScimCaller(c.r.Context(), c.connection, c.digest, now)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	d := c.g.doors[c.connection]
	if err != nil || d == nil || name != "" && name != caller.TokenName {
		c.g.logins.failed(c.address, now)
		c.g.metrics.logins.WithLabelValues(c.known()).Inc()
		return &refusal{status: http.StatusUnauthorized, authenticate: true, basic: d != nil && d.settings.Basic,
			detail: "the token is missing, wrong, expired, revoked or not this connection's"}
	}
	c.door, c.caller = d, caller
	c.g.logins.succeeded(c.digest)
	c.g.touches.note(caller, now)
	return nil
}

// credentials are the token of a request and, with Basic authentication, the
// name that it must have. What the connection does not accept is no token.
func (c *call) credentials() (token, name string) {
	header := strings.TrimSpace(c.r.Header.Get("Authorization"))
	scheme, value, found := strings.Cut(header, " ")
	if found && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(value), ""
	}
	d := c.g.doors[c.connection]
	if d == nil {
		return "", ""
	}
	if found && strings.EqualFold(scheme, "Basic") {
		if !d.settings.Basic {
			return "", ""
		}
		pair, err := base64.StdEncoding.DecodeString(strings.TrimSpace(value))
		if err != nil {
			return "", ""
		}
		user, password, _ := strings.Cut(string(pair), ":")
		if user == "" {
			return "", ""
		}
		return password, user
	}
	if d.settings.RawToken && !found {
		return header, ""
	}
	return "", ""
}

// touches remembers which tokens were used, to the minute, until that is
// written. Nothing is decided by it.
type touches struct {
	store Store
	mu    sync.Mutex
	due   map[int64]time.Time
	done  map[int64]int64
}

func newTouches(s Store) *touches {
	return &touches{store: s, due: map[int64]time.Time{}, done: map[int64]int64{}}
}

func (t *touches) note(caller store.ScimCaller, now time.Time) {
	minute := now.Unix() / 60
	if caller.LastUsed.Unix()/60 >= minute {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.done[caller.TokenID] < minute {
		t.due[caller.TokenID] = now
		t.done[caller.TokenID] = minute
	}
}

// touch writes which tokens were used. What cannot be written is left out: the
// next use tells the same.
func (g *Gateway) touch(ctx context.Context) {
	g.touches.mu.Lock()
	due := g.touches.due
	g.touches.due = map[int64]time.Time{}
	g.touches.mu.Unlock()
	for id, at := range due {
		if err := g.store.TouchScimToken(ctx, id, at); err != nil {
			g.log.Warn("the last use of a token was not recorded", "error", err)
		}
	}
}
