package app

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/activities"
	"github.com/rollcall-sync/rollcall/internal/budget"
	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/directory/rules"
	"github.com/rollcall-sync/rollcall/internal/source/okta"
	"github.com/rollcall-sync/rollcall/internal/source/pushed"
	"github.com/rollcall-sync/rollcall/internal/store"
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
	return connections(c, db, nil)
}

// connections is Connections with the calls counted; nil metrics count
// nothing.
func connections(c *config.Config, db Database, metrics *callMetrics) (map[string]*activities.Connection, error) {
	all := make(map[string]*activities.Connection, len(c.Connections))
	for _, name := range c.ConnectionNames() {
		connection, err := connect(name, c.Connections[name], db, metrics)
		if err != nil {
			return nil, fmt.Errorf("connection %s: %w", name, err)
		}
		all[name] = connection
	}
	return all, nil
}

func connect(name string, c config.Connection, db Database, metrics *callMetrics) (*activities.Connection, error) {
	set, err := rules.Compile(c.Rules(capabilities))
	if err != nil {
		return nil, err
	}
	// No attributes are stored but those that a rule reads.
	kept, all := set.Attributes()
	source, err := newSource(name, c, set, db, metrics)
	if err != nil {
		return nil, err
	}
	connection := &activities.Connection{
		Name: name, RulesDigest: rulesDigest(c, set), Source: source, SourceQueue: temporal.SourceQueue(name),
		Rules:     set,
		FullEvery: c.Source.FullRead.Duration(), Overlap: c.Source.Overlap,
		Guard: guardLimits(c.Guard.For(config.TargetGuard{})), SourceFloor: floor(c.Guard), QuarantineAfter: c.Guard.QuarantineAfter,
	}
	connection.Pushes = c.Pushed()
	if c.Source.Kind == config.KindScim {
		connection.Mapping = pushed.Mapping(pushed.Attributes{Names: kept, All: all})
	}
	for _, targetName := range c.TargetNames() {
		t := c.Targets[targetName]
		client, err := newTarget(name, t, db, metrics)
		if err != nil {
			return nil, fmt.Errorf("target %s: %w", targetName, err)
		}
		connection.Targets = append(connection.Targets, &activities.Target{
			Target: client, Name: targetName, Kind: t.Kind, Identity: identity(t),
			Queue: temporal.TargetQueue(name, targetName), AdoptGroups: adopts(t.AdoptGroups),
			ProtectedAccounts: t.Protected.Accounts, ProtectedGroups: t.Protected.Groups,
			Can: capabilities(t.Kind), Guard: guardLimits(c.Guard.For(t.Guard)),
			Mode: directory.GroupMode(t.Groups.Mode), Recreate: t.Groups.Renames == config.RenamesRecreate, LinkBy: t.LinkBy,
			RenamesAccounts: t.RenamesAccounts(),
			Nests:           t.Groups.Nested == config.NestedKeep && capabilities(t.Kind).Nests, Permissions: permissions(t.Permissions),
			FullEvery: t.FullRead.Duration(), Concurrency: t.Concurrency,
		})
	}
	return connection, nil
}

func guardLimits(g config.Guard) store.Limits {
	l := store.Limits{
		Share: float64(g.RemovalsShare), Count: int64(g.RemovalsLimit), Always: int64(g.AlwaysAllowed), Window: g.Window, HeldFor: g.HeldExpires,
	}
	for kind, limit := range g.Kinds {
		if l.Kinds == nil {
			l.Kinds = make(map[directory.Kind]store.KindLimit, len(g.Kinds))
		}
		l.Kinds[kind] = store.KindLimit{Share: float64(*limit.Share), Count: int64(*limit.Limit), Always: int64(*limit.Always)}
	}
	return l
}

func floor(g config.Guard) store.SourceFloor {
	return store.SourceFloor{
		Users: int64(g.MinimumUsers), Groups: int64(g.MinimumGroups), Drop: float64(g.MaxDrop),
	}
}

func newSource(name string, c config.Connection, set *rules.Set, db Database, metrics *callMetrics) (directory.Source, error) {
	s := c.Source
	kept, all := set.Attributes()
	if s.Kind == config.KindScim {
		return pushed.New(name, db, time.Now, pushed.Attributes{Names: kept, All: all}), nil
	}
	reads := okta.Config{
		URL: s.URL, Token: s.Token.Reveal(), AppID: s.AppID, PageSize: s.PageSize, MembersPageSize: s.PageSize, Timeout: s.Timeout, UserAgent: userAgent(),
		Groups:     okta.Selection{Names: s.Groups, Exclude: s.ExcludeGroups, Types: s.GroupTypes, IDs: s.GroupIDs, Where: set.Selects},
		Attributes: okta.Attributes{Names: kept, All: all},
	}
	if metrics != nil || db != nil {
		reads.Transport = metrics.around(okta.NewTransport(), name, "source", func(r *http.Request) string { return r.Method + " " + okta.BucketOf(r) })
	}
	if db != nil {
		reads.Transport = budget.NewTransport(reads.Transport, db, budget.Endpoint{
			Owner: owner("okta", s.URL, s.Token), Share: float64(s.RateLimitShare), Bucket: okta.BucketOf, Read: okta.ReadLimits,
		})
	}
	return okta.New(reads)
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

// permissions are what the configuration has groups hold.
func permissions(all []config.Permission) []directory.GroupPermission {
	var held []directory.GroupPermission
	for _, p := range all {
		held = append(held, directory.GroupPermission{Group: p.Group, Permission: p.In()})
	}
	return held
}

func adopts(a config.AdoptGroups) func(string) bool {
	return func(name string) bool {
		return a.All || slices.ContainsFunc(a.Names, func(n string) bool { return strings.EqualFold(n, name) })
	}
}

// rulesDigest identifies what decides who gets what. Settings of how fast and
// how often are no rules.
func rulesDigest(c config.Connection, set *rules.Set) string {
	type target struct {
		Name, Kind, Identity  string
		Mode, Renames, Nested string
		LinkBy                []string
	}
	decides := struct {
		Rules                       string
		Source, URL, AppID          string
		Groups, Exclude, Types, IDs []string
		Targets                     []target
		AdoptAll                    []bool
		AdoptNames                  [][]string
	}{set.Digest(), c.Source.Kind, c.Source.URL, c.Source.AppID, c.Source.Groups, c.Source.ExcludeGroups, c.Source.GroupTypes, c.Source.GroupIDs, nil, nil, nil}
	for _, name := range c.TargetNames() {
		t := c.Targets[name]
		decides.Targets = append(decides.Targets, target{name, t.Kind, identity(t), t.Groups.Mode, t.Groups.Renames, t.Groups.Nested, t.LinkBy})
		decides.AdoptAll = append(decides.AdoptAll, t.AdoptGroups.All)
		decides.AdoptNames = append(decides.AdoptNames, t.AdoptGroups.Names)
	}
	// A struct of strings, slices and booleans always encodes.
	text, _ := json.Marshal(decides)
	digest := sha256.Sum256(text)
	return hex.EncodeToString(digest[:16])
}
