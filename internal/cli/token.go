package cli

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/scim"
	"github.com/rollcall-sync/rollcall/internal/store"
)

const (
	// tokenLasts is how long a token is good for unless --expires says
	// otherwise: what is never renewed is forgotten when people leave.
	tokenLasts = "365d"
	// never is a token that does not expire.
	never = "never"
	// longestToken is a slip of the keyboard beyond.
	longestToken = 10 * 365 * 24 * time.Hour
	// rotationLasts is how long the old token is good for beside the new one:
	// a week in which somebody finds the time to paste it.
	rotationLasts = "7d"
	// expiresSoon is when a token is worth a warning: a month of working days
	// to plan a rotation in.
	expiresSoon = 30 * 24 * time.Hour
)

// validTokenName is what a token may be called: the name stands in logs and
// metrics, and is the user of Basic authentication.
var validTokenName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

func (p *program) tokenCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "token", Short: "Create, list, rotate or revoke the tokens that identity providers push with", Args: unknownCommand,
		Long: "Create, list, rotate or revoke the tokens that identity providers push with over SCIM.\n\nA token is shown once, when it is made; what is kept is a digest that it cannot be told from.",
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(p.tokenCreateCommand(), p.tokenListCommand(), p.tokenRotateCommand(), p.tokenRevokeCommand())
	return c
}

func (p *program) tokenCreateCommand() *cobra.Command {
	var name, expires string
	c := &cobra.Command{
		Use: "create CONNECTION --name NAME", Short: "Make a token, and print it with the SCIM base URL this once",
		Args: oneArgument("the connection"),
		RunE: func(c *cobra.Command, args []string) error {
			if !validTokenName.MatchString(name) {
				return usage("--name %q: expected 1 to 40 of a-z, 0-9 and -, such as okta", name)
			}
			lasts, err := lifetime(expires)
			if err != nil {
				return err
			}
			return p.withStore(c.Context(), func(ctx context.Context, c *config.Config, s *store.Store) error {
				return p.createToken(ctx, c, s, args[0], name, lasts)
			})
		},
	}
	c.Flags().StringVar(&name, "name", "", "what the token is called in lists and logs, such as okta")
	c.Flags().StringVar(&expires, "expires", tokenLasts, "how long it is good for, such as 90d, or never")
	return c
}

func (p *program) tokenRotateCommand() *cobra.Command {
	var overlap, expires string
	c := &cobra.Command{
		Use: "rotate CONNECTION NAME", Short: "Make a new token of that name; the old one is good for a while yet",
		Args: twoArguments("the connection and the token's name"),
		RunE: func(c *cobra.Command, args []string) error {
			lasts, err := lifetime(expires)
			if err != nil {
				return err
			}
			both, err := config.ParseDuration(overlap)
			if err != nil || both > longestToken {
				return usage("--overlap %q: expected a duration such as 7d, or 0", overlap)
			}
			return p.withStore(c.Context(), func(ctx context.Context, c *config.Config, s *store.Store) error {
				return p.rotateToken(ctx, c, s, args[0], args[1], lasts, both)
			})
		},
	}
	c.Flags().StringVar(&overlap, "overlap", rotationLasts, "how long the old token is good for beside the new one; 0 ends it now")
	c.Flags().StringVar(&expires, "expires", tokenLasts, "how long the new one is good for, such as 90d, or never")
	return c
}

func (p *program) tokenRevokeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "revoke CONNECTION NAME", Short: "End a token now, in every gateway",
		Args: twoArguments("the connection and the token's name"),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withStore(c.Context(), func(ctx context.Context, c *config.Config, s *store.Store) error {
				return p.revokeToken(ctx, c, s, args[0], args[1])
			})
		},
	}
}

// lifetime reads --expires; 0 is a token that does not expire.
func lifetime(text string) (time.Duration, error) {
	if text == never {
		return 0, nil
	}
	lasts, err := config.ParseDuration(text)
	if err != nil || lasts < time.Minute || lasts > longestToken {
		return 0, usage("--expires %q: expected a duration from 1m to 3650d, such as 365d, or never", text)
	}
	return lasts, nil
}

func twoArguments(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != 2 {
			return usage("expected two arguments, %s; see %s --help", what, c.CommandPath())
		}
		return nil
	}
}

// pushedConnection checks that a connection is configured and accepts pushes.
func pushedConnection(c *config.Config, name string) error {
	if err := connection(c, name); err != nil {
		return err
	}
	if !c.Connections[name].Pushed() {
		return &failure{code: ExitUsage, err: fmt.Errorf("connection %s accepts no pushes", name),
			next: fmt.Sprintf("give it source: { kind: scim } in %s, or also: scim beside kind: okta.", c.File)}
	}
	return nil
}

// newToken is what `token create` and `token rotate` print with --json.
type newToken struct {
	Connection string    `json:"connection"`
	Name       string    `json:"name"`
	BaseURL    string    `json:"base_url"`
	Token      string    `json:"token"`
	Expires    time.Time `json:"expires,omitzero"`
	// OldExpires is when the token before it ends; for a rotation.
	OldExpires time.Time `json:"old_expires,omitzero"`
}

func (p *program) createToken(ctx context.Context, c *config.Config, s *store.Store, connection, name string, lasts time.Duration) error {
	if err := pushedConnection(c, connection); err != nil {
		return err
	}
	tokens, err := s.ScimTokens(ctx, connection)
	if err != nil {
		return fmt.Errorf("list tokens of %s: %w", connection, err)
	}
	for _, t := range tokens {
		if t.Name == name && valid(t, p.now()) {
			return &failure{code: ExitUsage, err: fmt.Errorf("connection %s has a token %s already", connection, name),
				next: fmt.Sprintf("replace it with \"rollcall token rotate %s %s\", or choose another name.", connection, name)}
		}
	}
	made, _, err := p.makeToken(ctx, c, s, connection, name, lasts)
	if err != nil {
		return err
	}
	return p.printToken(c, made)
}

// makeToken makes a token and stores its digest; lasts 0 is for ever.
func (p *program) makeToken(ctx context.Context, c *config.Config, s *store.Store, connection, name string, lasts time.Duration) (newToken, store.ScimToken, error) {
	now := p.now()
	var expires time.Time
	if lasts > 0 {
		expires = now.Add(lasts)
	}
	token, digest := scim.NewToken()
	kept, err := s.CreateScimToken(ctx, connection, name, digest, expires, now)
	if err != nil {
		return newToken{}, store.ScimToken{}, fmt.Errorf("store token %s of %s: %w", name, connection, err)
	}
	return newToken{Connection: connection, Name: name, BaseURL: c.Scim.Base(connection), Token: token, Expires: kept.Expires}, kept, nil
}

func (p *program) rotateToken(ctx context.Context, c *config.Config, s *store.Store, connection, name string, lasts, overlap time.Duration) error {
	if err := pushedConnection(c, connection); err != nil {
		return err
	}
	tokens, err := s.ScimTokens(ctx, connection)
	if err != nil {
		return fmt.Errorf("list tokens of %s: %w", connection, err)
	}
	known := false
	for _, t := range tokens {
		known = known || t.Name == name && valid(t, p.now())
	}
	if !known {
		return &failure{code: ExitUsage, err: fmt.Errorf("connection %s has no valid token %q", connection, name),
			next: fmt.Sprintf("list them with \"rollcall token list %s\"; a new one is made with \"rollcall token create\".", connection)}
	}
	// The new one first: if the second step fails, the old one still works.
	made, kept, err := p.makeToken(ctx, c, s, connection, name, lasts)
	if err != nil {
		return err
	}
	made.OldExpires = p.now().Add(overlap)
	if err := s.ExpireScimTokens(ctx, connection, name, kept.ID, made.OldExpires); err != nil {
		// The new token is good already, so it must not be lost.
		return errors.Join(p.printToken(c, made), &failure{code: ExitFailed, err: fmt.Errorf("end the old token %s of %s: %w", name, connection, err),
			next: fmt.Sprintf("the token above is good and the old one still is too; run \"rollcall token rotate %s %s\" again.", connection, name)})
	}
	return p.printToken(c, made)
}

func (p *program) revokeToken(ctx context.Context, c *config.Config, s *store.Store, connection, name string) error {
	if err := knownConnection(ctx, c, s, connection); err != nil {
		return err
	}
	ended, err := s.RevokeScimToken(ctx, connection, name, p.now())
	switch {
	case errors.Is(err, store.ErrNotFound):
		return &failure{code: ExitUsage, err: fmt.Errorf("connection %s has no valid token %q", connection, name),
			next: fmt.Sprintf("list them with \"rollcall token list %s\".", connection)}
	case err != nil:
		return fmt.Errorf("revoke token %s of %s: %w", name, connection, err)
	case p.json:
		return p.printJSON(struct {
			Connection string `json:"connection"`
			Name       string `json:"name"`
			Revoked    int    `json:"revoked"`
		}{connection, name, ended})
	}
	p.printf("Revoked %s %s of %s. Requests with it are refused from now on; what was pushed stays.\n", plural(int64(ended), "token"), name, connection)
	return nil
}

// printToken prints a token, the one time that it can be.
func (p *program) printToken(c *config.Config, t newToken) error {
	if p.json {
		return p.printJSON(t)
	}
	expires := never
	if !t.Expires.IsZero() {
		expires = at(t.Expires)
	}
	p.printf("Token %s of %s. It is shown this once; keep it like a password.\n\n", t.Name, t.Connection)
	p.printf("  SCIM base URL  %s\n  Token          %s\n  Expires        %s\n\n", t.BaseURL, t.Token, expires)
	if c.Scim.BaseURL == "" {
		p.printf("That is the address on this machine. Set scim.base_url in %s to the one that the identity provider reaches.\n\n", c.File)
	}
	if !t.OldExpires.IsZero() {
		if t.OldExpires.After(p.now()) {
			p.printf("The old token is good until %s.\n", at(t.OldExpires))
		} else {
			p.printf("The old token has ended.\n")
		}
		p.printf("Next: put the new one where the old one is, in Okta under Provisioning › Integration › Edit, and press Test API Credentials.\n")
		return nil
	}
	p.printf("Next, in Okta: add the application \"SCIM 2.0 Test App (OAuth Bearer Token)\", open Provisioning › Configure API Integration,\n" +
		"paste the base URL and the token, and press Test API Credentials. docs/scim.md goes on from there, and has the other providers.\n")
	return nil
}
