package app

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/activities"
	"github.com/rollcall-sync/rollcall/internal/budget"
	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/source/okta"
	"github.com/rollcall-sync/rollcall/internal/source/pushed"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/internal/target/atlassiancloud"
	"github.com/rollcall-sync/rollcall/internal/temporal"
)

// Database is what the clients of connections need of the store: where it is
// kept what is left of the vendors' rate limits, and what was pushed.
type Database interface {
	budget.Store
	pushed.Resources
}

// Connections makes the clients of every configured connection. Without a
// database the vendors' rate limits are left to themselves, and of a source
// that is pushed nothing is known.
func Connections(c *config.Config, db Database) (map[string]*activities.Connection, error) {
	all := make(map[string]*activities.Connection, len(c.Connections))
	for _, name := range c.ConnectionNames() {
		connection, err := connect(name, c.Connections[name], db)
		if err != nil {
			return nil, fmt.Errorf("connection %s: %w", name, err)
		}
		all[name] = connection
	}
	return all, nil
}

func connect(name string, c config.Connection, db Database) (*activities.Connection, error) {
	source, err := newSource(name, c.Source, db)
	if err != nil {
		return nil, err
	}
	connection := &activities.Connection{
		Name: name, RulesDigest: rulesDigest(c), Source: source, SourceQueue: temporal.SourceQueue(name),
		Scope:     directory.Scope{MembersOnly: c.Source.Users == config.UsersGroupMembers},
		FullEvery: c.Source.FullRead.Duration(), Overlap: c.Source.Overlap,
		Guard: store.Limits{
			Share: float64(c.Guard.RemovalsShare), Count: int64(c.Guard.RemovalsLimit), Always: int64(c.Guard.AlwaysAllowed),
			Window: c.Guard.Window, HeldFor: c.Guard.HeldExpires,
		},
	}
	connection.Pushes = c.Pushed()
	if c.Source.Kind == config.KindScim {
		connection.Mapping = pushed.Mapping()
	}
	for _, targetName := range c.TargetNames() {
		t := c.Targets[targetName]
		client, err := newTarget(t, db)
		if err != nil {
			return nil, fmt.Errorf("target %s: %w", targetName, err)
		}
		connection.Targets = append(connection.Targets, &activities.Target{
			Target: client, Name: targetName, Kind: t.Kind, Identity: atlassiancloud.Identity(t.Organization, t.Directory),
			Queue: temporal.TargetQueue(name, targetName), AdoptGroups: adopts(t.AdoptGroups),
			ProtectedAccounts: t.Protected.Accounts, ProtectedGroups: t.Protected.Groups,
			FullEvery: t.FullRead.Duration(), Concurrency: t.Concurrency,
		})
	}
	return connection, nil
}

func newSource(name string, s config.Source, db Database) (directory.Source, error) {
	if s.Kind == config.KindScim {
		return pushed.New(name, db, time.Now), nil
	}
	c := okta.Config{
		URL: s.URL, Token: s.Token.Reveal(), AppID: s.AppID, PageSize: s.PageSize, MembersPageSize: s.PageSize, Timeout: s.Timeout, UserAgent: userAgent(),
		Groups: okta.Selection{Names: s.Groups, Exclude: s.ExcludeGroups, Types: s.GroupTypes, IDs: s.GroupIDs},
	}
	if db != nil {
		c.Transport = budget.NewTransport(okta.NewTransport(), db, budget.Endpoint{
			Owner: owner("okta", s.URL, s.Token), Share: float64(s.RateLimitShare), Bucket: okta.BucketOf, Read: okta.ReadLimits,
		})
	}
	return okta.New(c)
}

func newTarget(t config.Target, db Database) (directory.Target, error) {
	c := atlassiancloud.Config{
		BaseURL: t.URL, Organization: t.Organization, Directory: t.Directory, APIKey: t.APIKey.Reveal(),
		SendInvitations: t.SendInvitations, Timeout: t.Timeout, UserAgent: userAgent(),
	}
	for _, p := range t.Products {
		c.Products = append(c.Products, atlassiancloud.Product(p))
	}
	if db != nil {
		c.Transport = budget.NewTransport(atlassiancloud.BaseTransport(), db, budget.Endpoint{
			Owner: owner("atlassian", t.URL, t.APIKey), Share: float64(t.RateLimitShare), Bucket: atlassiancloud.BucketOf, Read: atlassiancloud.ReadLimits,
		})
	}
	return atlassiancloud.New(c)
}

// owner names a budget by endpoint and credential; the credential itself
// cannot be told from it.
func owner(kind, address string, credential config.Secret) string {
	host := address
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		host = u.Host
	}
	digest := sha256.Sum256([]byte(credential.Reveal()))
	return fmt.Sprintf("%s:%s:%s", kind, host, hex.EncodeToString(digest[:6]))
}

func adopts(a config.AdoptGroups) func(string) bool {
	return func(name string) bool {
		return a.All || slices.ContainsFunc(a.Names, func(n string) bool { return strings.EqualFold(n, name) })
	}
}

// rulesDigest identifies what decides who gets what. Settings of how fast and
// how often are no rules.
func rulesDigest(c config.Connection) string {
	type target struct{ Name, Kind, Organization, Directory string }
	rules := struct {
		URL, AppID, Users           string
		Groups, Exclude, Types, IDs []string
		Targets                     []target
		AdoptAll                    []bool
		AdoptNames                  [][]string
		// Left out where it is the usual, so that what was stored before stays decided.
		Pushed string `json:",omitempty"`
	}{c.Source.URL, c.Source.AppID, c.Source.Users, c.Source.Groups, c.Source.ExcludeGroups, c.Source.GroupTypes, c.Source.GroupIDs, nil, nil, nil, ""}
	if c.Source.Kind != config.KindOkta {
		rules.Pushed = c.Source.Kind
	}
	for _, name := range c.TargetNames() {
		t := c.Targets[name]
		rules.Targets = append(rules.Targets, target{name, t.Kind, t.Organization, t.Directory})
		rules.AdoptAll = append(rules.AdoptAll, t.AdoptGroups.All)
		rules.AdoptNames = append(rules.AdoptNames, t.AdoptGroups.Names)
	}
	// A struct of strings, slices and booleans always encodes.
	text, _ := json.Marshal(rules)
	digest := sha256.Sum256(text)
	return hex.EncodeToString(digest[:16])
}
