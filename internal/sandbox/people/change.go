package people

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
)

// ChangeKind is something that happens in an organisation.
type ChangeKind string

// The kinds of change.
const (
	Join      ChangeKind = "join"
	Leave     ChangeKind = "leave"
	Suspend   ChangeKind = "suspend"
	Unsuspend ChangeKind = "unsuspend"
	Rename    ChangeKind = "rename" // surname and e-mail; the login stays
	Move      ChangeKind = "move"   // out of one group, into another
	Found     ChangeKind = "found"  // a new group, with one member
)

// mix is what happens in twenty changes.
var mix = []ChangeKind{
	Join, Move, Rename, Join, Move, Leave, Rename, Suspend, Move, Found,
	Join, Rename, Move, Unsuspend, Join, Rename, Move, Leave, Join, Move,
}

// Known is a person as a Store has them.
type Known struct {
	ID                  string
	FirstName, LastName string
	Login, Email        string
	Status              string
	GroupIDs            []string
}

// KnownGroup is a group as a Store has it.
type KnownGroup struct {
	ID, Name, Type string
}

// Store is the identity provider that changes are made in. It moves the
// provider's times of change as the provider does.
type Store interface {
	Known() ([]Known, []KnownGroup)
	CreateUser(p Person) (id string, err error)
	CreateGroup(g Group) (id string, err error)
	RenameUser(id, lastName, email string) error
	SuspendUser(id string) error
	UnsuspendUser(id string) error
	DeactivateUser(id string) error
	AddMember(groupID, userID string) error
	RemoveMember(groupID, userID string) error
}

// Changed is one change that was made.
type Changed struct {
	Kind     ChangeKind `json:"kind"`
	UserID   string     `json:"user_id,omitempty"`
	GroupIDs []string   `json:"group_ids,omitempty"`
}

// Change makes n changes in a store, of the kinds given in turn, or of the mix
// that is usual when none is given. Nobody is changed twice. It returns fewer
// than n only when nobody is left to change, and an error when the store
// refuses one; those made before it stay.
func Change(rng *rand.Rand, n int, store Store, kinds ...ChangeKind) ([]Changed, error) {
	if len(kinds) == 0 {
		kinds = mix
	}
	known, groups := store.Known()
	c := &changing{rng: rng, store: store, addresses: newAddresses(), byStatus: map[string][]Known{}, names: map[string]bool{}}
	for _, k := range known {
		c.addresses.taken[strings.ToLower(k.Email)] = true
		c.addresses.taken[strings.ToLower(k.Login)] = true
		c.byStatus[k.Status] = append(c.byStatus[k.Status], k)
	}
	for _, g := range groups {
		c.names[g.Name] = true
		// Nobody moves people in groups that the provider or an application owns.
		if g.Type == OktaGroup && g.Name != alumni {
			c.groups = append(c.groups, g)
		}
	}
	var made []Changed
	for i := range n {
		kind := kinds[i%len(kinds)]
		change, ok, err := c.one(kind)
		if err != nil {
			return made, fmt.Errorf("make change %d (%s): %w", i+1, kind, err)
		}
		if ok {
			made = append(made, change)
		}
	}
	return made, nil
}

// changing is what Change knows while it works.
type changing struct {
	rng       *rand.Rand
	store     Store
	addresses *addresses
	byStatus  map[string][]Known
	groups    []KnownGroup
	names     map[string]bool
}

// pick takes somebody of a status out of those that can still be changed.
func (c *changing) pick(status string, fits func(Known) bool) (Known, bool) {
	of := c.byStatus[status]
	if len(of) == 0 {
		return Known{}, false
	}
	start := c.rng.Intn(len(of))
	for i := range of {
		at := (start + i) % len(of)
		if fits(of[at]) {
			k := of[at]
			c.byStatus[status] = slices.Delete(of, at, at+1)
			return k, true
		}
	}
	return Known{}, false
}

func anybody(Known) bool { return true }

func (c *changing) one(kind ChangeKind) (Changed, bool, error) {
	switch kind {
	case Join:
		return c.join()
	case Leave:
		k, ok := c.pick(Active, anybody)
		if !ok {
			return Changed{}, false, nil
		}
		return Changed{Kind: kind, UserID: k.ID}, true, c.store.DeactivateUser(k.ID)
	case Suspend:
		k, ok := c.pick(Active, anybody)
		if !ok {
			return Changed{}, false, nil
		}
		return Changed{Kind: kind, UserID: k.ID}, true, c.store.SuspendUser(k.ID)
	case Unsuspend:
		if k, ok := c.pick(Suspended, anybody); ok {
			return Changed{Kind: kind, UserID: k.ID}, true, c.store.UnsuspendUser(k.ID)
		}
		// Nobody is suspended; somebody joins instead.
		return c.join()
	case Rename:
		return c.rename()
	case Move:
		return c.move()
	case Found:
		return c.found()
	}
	return Changed{}, false, fmt.Errorf("unknown kind of change %q", kind)
}

func (c *changing) join() (Changed, bool, error) {
	p := Person{
		FirstName:  firstNames[c.rng.Intn(len(firstNames))],
		LastName:   lastNames[c.rng.Intn(len(lastNames))],
		Department: departments[c.rng.Intn(len(departments))],
		Title:      titles[c.rng.Intn(len(titles))],
		Status:     Active,
	}
	p.Login = c.addresses.unused(ascii(p.FirstName) + "." + ascii(p.LastName) + "@" + Domain)
	p.Email = p.Login
	id, err := c.store.CreateUser(p)
	if err != nil {
		return Changed{}, false, err
	}
	change := Changed{Kind: Join, UserID: id}
	for _, at := range c.rng.Perm(len(c.groups))[:min(2, len(c.groups))] {
		if err := c.store.AddMember(c.groups[at].ID, id); err != nil {
			return change, false, err
		}
		change.GroupIDs = append(change.GroupIDs, c.groups[at].ID)
	}
	return change, true, nil
}

func (c *changing) rename() (Changed, bool, error) {
	k, ok := c.pick(Active, func(k Known) bool {
		return strings.HasSuffix(strings.ToLower(k.Email), "@"+Domain)
	})
	if !ok {
		return Changed{}, false, nil
	}
	last := lastNames[c.rng.Intn(len(lastNames))]
	for last == k.LastName {
		last = lastNames[c.rng.Intn(len(lastNames))]
	}
	email := c.addresses.unused(ascii(k.FirstName) + "." + ascii(last) + "@" + Domain)
	return Changed{Kind: Rename, UserID: k.ID}, true, c.store.RenameUser(k.ID, last, email)
}

func (c *changing) move() (Changed, bool, error) {
	ours := func(id string) bool {
		return slices.ContainsFunc(c.groups, func(g KnownGroup) bool { return g.ID == id })
	}
	k, ok := c.pick(Active, func(k Known) bool {
		return len(k.GroupIDs) < len(c.groups) && slices.ContainsFunc(k.GroupIDs, ours)
	})
	if !ok {
		return Changed{}, false, nil
	}
	from := k.GroupIDs[slices.IndexFunc(k.GroupIDs, ours)]
	var to string
	for _, at := range c.rng.Perm(len(c.groups)) {
		if id := c.groups[at].ID; !slices.Contains(k.GroupIDs, id) {
			to = id
			break
		}
	}
	if to == "" {
		return Changed{}, false, nil
	}
	if err := c.store.RemoveMember(from, k.ID); err != nil {
		return Changed{}, false, err
	}
	if err := c.store.AddMember(to, k.ID); err != nil {
		return Changed{}, false, err
	}
	return Changed{Kind: Move, UserID: k.ID, GroupIDs: []string{from, to}}, true, nil
}

func (c *changing) found() (Changed, bool, error) {
	k, ok := c.pick(Active, anybody)
	if !ok {
		return Changed{}, false, nil
	}
	name := "project-" + teams[c.rng.Intn(len(teams))]
	for n := 2; c.names[name]; n++ {
		name = fmt.Sprintf("project-%s-%d", teams[c.rng.Intn(len(teams))], n)
	}
	c.names[name] = true
	id, err := c.store.CreateGroup(Group{Name: name, Description: "A new project", Type: OktaGroup})
	if err != nil {
		return Changed{}, false, err
	}
	if err := c.store.AddMember(id, k.ID); err != nil {
		return Changed{}, false, err
	}
	return Changed{Kind: Found, UserID: k.ID, GroupIDs: []string{id}}, true, nil
}
