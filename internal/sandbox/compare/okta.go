package compare

import (
	"path"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

// OktaState is the state of an Okta organisation, as the sandbox's endpoint
// GET /_sandbox/okta gives it.
type OktaState struct {
	Users  []OktaUser  `json:"users"`
	Groups []OktaGroup `json:"groups"`
	App    OktaApp     `json:"app"`
}

// OktaUser is a person. Somebody erased is not among them.
type OktaUser struct {
	ID        string `json:"id"`
	Login     string `json:"login"`
	Email     string `json:"email"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	// Status is Okta's word, such as ACTIVE.
	Status string `json:"status"`
}

// OktaGroup is a group with the ids of its members.
type OktaGroup struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// Type is OKTA_GROUP, APP_GROUP or BUILT_IN.
	Type    string   `json:"type"`
	Members []string `json:"members"`
}

// OktaApp is an application with the ids of the users and groups that are
// assigned to it.
type OktaApp struct {
	ID     string   `json:"id"`
	Users  []string `json:"users"`
	Groups []string `json:"groups"`
}

// Options say what a connection selects, and what was there before it.
type Options struct {
	// Target says what the kind of target is like.
	Target Target `json:"target"`
	// Initial is the target before the first run. What is in it and is nobody's
	// in Okta must not have changed.
	Initial roster.Snapshot `json:"initial"`
	// Earlier are states of Okta that runs have seen before, oldest first.
	// They tell who has been erased, under which address an account was made
	// that could not be given another, and which name a group kept.
	Earlier []OktaState `json:"earlier,omitempty"`
	// App limits people and groups to those assigned to the application.
	App bool `json:"app,omitempty"`
	// Groups are patterns of group names as path.Match has them, ignoring
	// case, and with a slash a character like any other; none means
	// all.
	Groups []string `json:"groups,omitempty"`
	// GroupTypes are the types of groups selected; none means all.
	GroupTypes []string `json:"group_types,omitempty"`
	// AdoptGroups is whether groups that were there before may be taken over,
	// AdoptedGroups names those that may all the same.
	AdoptGroups   bool     `json:"adopt_groups,omitempty"`
	AdoptedGroups []string `json:"adopted_groups,omitempty"`
	// IgnoreNames leaves the display names of managed accounts out. Those of
	// others are always left out: they cannot be written.
	IgnoreNames bool `json:"ignore_names,omitempty"`
}

// expectation is what should be the case for a person.
type expectation int

const (
	// absent: there must be no account that is active.
	absent expectation = iota
	// none: nothing is created; an account that is there is left alone.
	none
	// active: there must be an active account.
	active
)

// expects maps Okta's statuses.
func expects(status string) expectation {
	switch status {
	case "ACTIVE", "PASSWORD_EXPIRED", "LOCKED_OUT", "RECOVERY":
		return active
	case "STAGED", "PROVISIONED":
		return none
	}
	return absent
}

func fold(text string) string { return strings.ToLower(text) }

func (o Options) selects(state OktaState, g OktaGroup) bool {
	if o.App && !slices.Contains(state.App.Groups, g.ID) {
		return false
	}
	if len(o.GroupTypes) > 0 && !slices.Contains(o.GroupTypes, g.Type) {
		return false
	}
	return len(o.Groups) == 0 || slices.ContainsFunc(o.Groups, func(pattern string) bool {
		matched, err := path.Match(strings.ReplaceAll(fold(pattern), "/", "\x00"), strings.ReplaceAll(fold(g.Name), "/", "\x00"))
		return err == nil && matched
	})
}

func (o Options) adopts(name string) bool {
	return o.AdoptGroups || slices.ContainsFunc(o.AdoptedGroups, func(n string) bool { return fold(n) == fold(name) })
}
