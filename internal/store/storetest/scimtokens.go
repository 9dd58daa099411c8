package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/store"
)

func scimTokens(t *testing.T, open Open) {
	scimCases(t, open, map[string]func(w *scimWorld){
		"a token is known to its own connection alone": func(w *scimWorld) {
			_, err := w.Store.CreateScimToken(w.ctx, "others", "okta", "digest-2", time.Time{}, w.now)
			w.ok(err)
			caller, err := w.Store.ScimCaller(w.ctx, "staff", "digest", w.now)
			w.ok(err)
			w.same("caller", caller, store.ScimCaller{ConnectionID: w.conn, TokenID: caller.TokenID, TokenName: "okta"})
			w.unknown("others", "digest", w.now)
			w.unknown("staff", "digest-2", w.now)
			w.unknown("staff", "", w.now)
			w.unknown("nowhere", "digest", w.now)
		},
		"a token ends when it expires": func(w *scimWorld) {
			_, err := w.Store.CreateScimToken(w.ctx, "staff", "short", "digest-2", w.now.Add(time.Hour), w.now)
			w.ok(err)
			caller, err := w.Store.ScimCaller(w.ctx, "staff", "digest-2", w.now.Add(time.Hour-time.Microsecond))
			w.ok(err)
			w.same("expires", caller.Expires, w.now.Add(time.Hour))
			w.unknown("staff", "digest-2", w.now.Add(time.Hour))
		},
		"revoking ends every token of the name at once": func(w *scimWorld) {
			_, err := w.Store.CreateScimToken(w.ctx, "staff", "okta", "digest-2", time.Time{}, w.now)
			w.ok(err)
			n, err := w.Store.RevokeScimToken(w.ctx, "staff", "okta", w.now)
			w.ok(err)
			w.same("revoked", n, 2)
			w.unknown("staff", "digest", w.now)
			w.unknown("staff", "digest-2", w.now)
			if _, err := w.Store.RevokeScimToken(w.ctx, "staff", "okta", w.now); !errors.Is(err, store.ErrNotFound) {
				w.Errorf("revoked again: %v, want that there is none", err)
			}
		},
		"rotation lets the older ones overlap, and none last longer than it did": func(w *scimWorld) {
			soon, late := w.now.Add(time.Minute), w.now.Add(24*time.Hour)
			_, err := w.Store.CreateScimToken(w.ctx, "staff", "okta", "ends-soon", soon, w.now)
			w.ok(err)
			kept, err := w.Store.CreateScimToken(w.ctx, "staff", "okta", "kept", time.Time{}, w.now)
			w.ok(err)
			w.ok(w.Store.ExpireScimTokens(w.ctx, "staff", "okta", kept.ID, late))
			expires := map[string]time.Time{}
			for _, digest := range []string{"digest", "ends-soon", "kept"} {
				caller, err := w.Store.ScimCaller(w.ctx, "staff", digest, w.now)
				w.ok(err)
				expires[digest] = caller.Expires
			}
			w.same("expires", expires, map[string]time.Time{"digest": late, "ends-soon": soon, "kept": {}})
		},
		"the list shows what is and what ended lately": func(w *scimWorld) {
			now := time.Now()
			_, err := w.Store.CreateScimToken(w.ctx, "staff", "long-gone", "digest-2", now.Add(-31*24*time.Hour), now.Add(-60*24*time.Hour))
			w.ok(err)
			_, err = w.Store.CreateScimToken(w.ctx, "others", "entra", "digest-3", now.Add(-24*time.Hour), now.Add(-60*24*time.Hour))
			w.ok(err)
			for connection, want := range map[string][]string{"": {"staff okta", "others entra"}, "others": {"others entra"}, "nowhere": {}} {
				tokens, err := w.Store.ScimTokens(w.ctx, connection)
				w.ok(err)
				var names []string
				for _, token := range tokens {
					names = append(names, token.Connection+" "+token.Name)
				}
				w.same("tokens of "+connection, names, want)
			}
		},
		"use is noted to the minute and never taken back": func(w *scimWorld) {
			caller, err := w.Store.ScimCaller(w.ctx, "staff", "digest", w.now)
			w.ok(err)
			w.ok(w.Store.TouchScimToken(w.ctx, caller.TokenID, w.now.Add(90*time.Second)))
			w.ok(w.Store.TouchScimToken(w.ctx, caller.TokenID, w.now))
			caller, err = w.Store.ScimCaller(w.ctx, "staff", "digest", w.now)
			w.ok(err)
			w.same("last used", caller.LastUsed, w.now.Add(time.Minute))
		},
	})
}

// unknown fails when a token lets anybody in.
func (w *scimWorld) unknown(connection, digest string, now time.Time) {
	w.Helper()
	if caller, err := w.Store.ScimCaller(w.ctx, connection, digest, now); !errors.Is(err, store.ErrNotFound) {
		w.Errorf("%q at %s: %+v, %v; want not found", digest, connection, caller, err)
	}
}
