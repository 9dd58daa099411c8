package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// checkTokens says whether anybody can push to a connection, and for how long.
func checkTokens(ctx context.Context, c *config.Config, db *sharedStore, connection string, now time.Time, r *checked) {
	if c.Scim.BaseURL == "" {
		r.Notes = append(r.Notes, "That is the address on this machine; set scim.base_url to the one that the identity provider reaches.")
	}
	none := fmt.Sprintf("Nobody can push yet: there is no valid token. Make one with \"rollcall token create %s --name okta\".", connection)
	s, err := db.open()
	switch {
	case errors.Is(err, errNoDatabase):
		r.Missing = append(r.Missing, none)
		return
	case err != nil:
		// checkDatabase says why.
		r.Missing = append(r.Missing, "The tokens could not be read, since the database cannot be used.")
		return
	}
	tokens, err := s.ScimTokens(ctx, connection)
	if err != nil {
		r.Missing = append(r.Missing, "The tokens could not be read: "+err.Error()+".")
		return
	}
	saidOfTokens(stated(tokens, now), now, none, r)
}

// saidOfTokens puts what is known of a connection's tokens into words.
func saidOfTokens(tokens []listedToken, now time.Time, none string, r *checked) {
	var good int64
	var used store.ScimToken
	for _, t := range tokens {
		if t.State == tokenExpired || t.State == tokenRevoked {
			continue
		}
		good++
		if t.LastUsed.After(used.LastUsed) {
			used = t.ScimToken
		}
		if t.State == tokenSoon {
			r.Notes = append(r.Notes, soon(t.ScimToken, now)+".")
		}
	}
	if good == 0 {
		r.Missing = append(r.Missing, none)
		return
	}
	accepts := "accept " + plural(good, "token")
	if used.ID != 0 {
		accepts += fmt.Sprintf(", last used by %s at %s", used.Name, at(used.LastUsed))
	}
	r.Can = append(r.Can, accepts)
}
