package roster

import (
	"errors"
	"fmt"
	"maps"
	"math/rand"
	"slices"
	"strings"
	"sync"
)

// What a roster says no to.
var (
	// ErrTaken is a user name, an id or a group's name that exists.
	ErrTaken = errors.New("it exists already")
	// ErrNoAccount and ErrNoGroup are ids that nothing has.
	ErrNoAccount = errors.New("there is no such account")
	ErrNoGroup   = errors.New("there is no such group")
	// ErrCircle is a group that would be in itself, directly or not.
	ErrCircle = errors.New("the groups would be in each other")
)

// Account is an account. Accounts are known by ID; user names, where there are
// any, are unique whatever their case.
type Account struct {
	ID          string `json:"id"`
	UserName    string `json:"user_name,omitempty"`
	Email       string `json:"email"`
	DisplayName string `json:"display_name"`
	Active      bool   `json:"active"`
	// External is an account of a directory that the API cannot write.
	External bool `json:"external,omitempty"`
	// Administrator is somebody with an administrative role of their own, not by
	// a group.
	Administrator bool `json:"administrator,omitempty"`
	// Attributes are what else is known, by the vendor's names.
	Attributes map[string]string `json:"attributes,omitempty"`
	// Permissions are global permissions of the account's own, in the vendor's
	// words.
	Permissions []string `json:"permissions,omitempty"`
}

// Group is a group. Groups are known by ID; names are unique, whatever their
// case.
type Group struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	Description   string `json:"description,omitempty"`
	External      bool   `json:"external,omitempty"`
	Administrator bool   `json:"administrator,omitempty"`
	// Permissions are what the group grants, by scope ("" is the whole product),
	// in the vendor's words.
	Permissions map[string]string `json:"permissions,omitempty"`
}

// Roster is safe for concurrent use. Its zero value is not usable; see New.
type Roster struct {
	mu       sync.RWMutex
	rng      *rand.Rand
	accounts map[string]*account
	byName   map[string]*account
	order    []*account
	groups   map[string]*group
	byTitle  map[string]*group
	listed   []*group
}

type account struct {
	Account
	groups map[string]*group
	// text is what Matching looks through, kept since folding is what takes the
	// time.
	text string
}

type group struct {
	Group
	members   map[string]*account
	order     []*account
	subgroups map[string]*group
}

// New returns an empty roster. The seed decides the ids that NewID makes.
func New(seed int64) *Roster {
	return &Roster{
		rng:      rand.New(rand.NewSource(seed)),
		accounts: map[string]*account{}, byName: map[string]*account{},
		groups: map[string]*group{}, byTitle: map[string]*group{},
	}
}

// NewID returns an id that nothing has had: a random UUID.
func (r *Roster) NewID() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", r.rng.Uint32(), r.rng.Intn(1<<16), r.rng.Intn(1<<12), r.rng.Intn(1<<12), r.rng.Int63n(1<<48))
}

func fold(name string) string { return strings.ToLower(name) }

func (a *account) copied() Account {
	c := a.Account
	c.Attributes, c.Permissions = maps.Clone(a.Attributes), slices.Clone(a.Permissions)
	return c
}

func (g *group) copied() Group {
	c := g.Group
	c.Permissions = maps.Clone(g.Permissions)
	return c
}
