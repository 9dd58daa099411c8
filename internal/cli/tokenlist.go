package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// The states of a token as lists show them.
const (
	tokenValid = "valid"
	// tokenSoon expires within expiresSoon, and no newer one has its name.
	tokenSoon = "expires soon"
	// tokenReplaced is still good, and a newer one has its name.
	tokenReplaced = "replaced"
	tokenExpired  = "expired"
	tokenRevoked  = "revoked"
)

// listedToken is one of what `token list --json` prints.
type listedToken struct {
	store.ScimToken
	State string `json:"state"`
}

func (p *program) tokenListCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "list [CONNECTION]", Short: "List tokens: when they were made, expire and were last used",
		Args: atMostOne("a connection"),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withStore(c.Context(), func(ctx context.Context, c *config.Config, s *store.Store) error {
				name, err := optionalConnection(ctx, c, s, args)
				if err != nil {
					return err
				}
				return p.listTokens(ctx, c, s, name)
			})
		},
	}
	p.csvFlag(c, "the tokens")
	return c
}

// valid says whether a token is good now.
func valid(t store.ScimToken, now time.Time) bool {
	return t.Revoked.IsZero() && (t.Expires.IsZero() || t.Expires.After(now))
}

// stated says of each token what it is good for.
func stated(tokens []store.ScimToken, now time.Time) []listedToken {
	all := make([]listedToken, len(tokens))
	for i, t := range tokens {
		newer := func(other store.ScimToken) bool {
			return other.Connection == t.Connection && other.Name == t.Name && other.ID > t.ID && valid(other, now)
		}
		state := tokenValid
		switch {
		case !t.Revoked.IsZero():
			state = tokenRevoked
		case !valid(t, now):
			state = tokenExpired
		case slices.ContainsFunc(tokens, newer):
			state = tokenReplaced
		case !t.Expires.IsZero() && t.Expires.Sub(now) <= expiresSoon:
			state = tokenSoon
		}
		all[i] = listedToken{t, state}
	}
	return all
}

// knownConnection checks that a connection is configured, or was: one that no
// longer is keeps what belongs to it.
func knownConnection(ctx context.Context, c *config.Config, s *store.Store, name string) error {
	if _, configured := c.Connections[name]; configured {
		return nil
	}
	_, err := s.ConnectionID(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return unknownConnection(name, c.ConnectionNames())
	}
	return err
}

func (p *program) listTokens(ctx context.Context, c *config.Config, s *store.Store, name string) error {
	kept, err := s.ScimTokens(ctx, name)
	if err != nil {
		return fmt.Errorf("list tokens: %w", err)
	}
	tokens := stated(kept, p.now())
	switch {
	case p.json:
		return p.printJSON(tokens)
	case p.csv:
		return p.tokensCSV(tokens)
	case len(tokens) == 0:
		p.printf("There are no tokens. Make one with: rollcall token create %s --name okta\n", hinted(name, c.PushedNames()))
		return nil
	}
	rows := [][]string{{"CONNECTION", "NAME", "CREATED", "EXPIRES", "LAST USED", "STATE"}}
	for _, t := range tokens {
		expires, used := at(t.Expires), at(t.LastUsed)
		if t.Expires.IsZero() {
			expires = never
		}
		if t.LastUsed.IsZero() {
			used = never
		}
		rows = append(rows, []string{t.Connection, t.Name, at(t.Created), expires, used, t.State})
	}
	if err := p.table(rows); err != nil {
		return err
	}
	for _, t := range tokens {
		if t.State == tokenSoon {
			p.printf("\n%s\n", soon(t.ScimToken, p.now()))
		}
	}
	return nil
}

// hinted is the connection that a hint names: the one asked for, else the first
// that accepts pushes.
func hinted(name string, pushed []string) string {
	switch {
	case name != "":
		return name
	case len(pushed) > 0:
		return pushed[0]
	}
	return "CONNECTION"
}

// soon says that a token is about to expire, and what to do.
func soon(t store.ScimToken, now time.Time) string {
	days := int64(t.Expires.Sub(now) / (24 * time.Hour))
	return fmt.Sprintf("Token %s of %s expires in %s, on %s. Rotate it: rollcall token rotate %s %s",
		t.Name, t.Connection, plural(days, "day"), at(t.Expires), t.Connection, t.Name)
}

func (p *program) tokensCSV(tokens []listedToken) error {
	headings := []string{"connection", "name", "created", "expires", "last_used", "revoked", "state"}
	return p.printCSV(headings, func(yield func([]string, error) bool) {
		for _, t := range tokens {
			if !yield([]string{t.Connection, t.Name, stamp(t.Created), stamp(t.Expires), stamp(t.LastUsed), stamp(t.Revoked), t.State}, nil) {
				return
			}
		}
	})
}
