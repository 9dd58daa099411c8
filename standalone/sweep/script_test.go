package sweep

import (
	"fmt"
	"math/rand"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/sandbox/atlassiansim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
	"github.com/rollcall-sync/rollcall/workflows"
)

// The organisation at the start. It is the same in every lane, so that what a
// run without a crash does to it is known.
const (
	peopleAtFirst = 25
	groupsAtFirst = 5
)

// adopted holds the ids of accounts and groups that were in the target before
// Rollcall could have made them.
type adopted map[string]bool

// happen makes what a cycle's run has to carry over: in the first, people and
// groups of whom some are in the target already; in the later ones, every kind
// of change. The same cycle is the same in every lane.
func happen(box *sandbox.Server, cycle int, found adopted) error {
	s := &script{box: box, rng: rand.New(rand.NewSource(int64(cycle))), found: found, cycle: cycle}
	s.known, s.groups = box.Okta.Known()
	box.Mark()
	if cycle == 0 {
		return s.beforeTheFirstRun()
	}
	for _, step := range []func() error{s.join, s.rename, s.move, s.foundGroups, s.leave, s.suspendAndReturn} {
		if err := step(); err != nil {
			return fmt.Errorf("make the changes of cycle %d: %w", cycle, err)
		}
	}
	return nil
}

// readOf is how a cycle's run reads: incrementally, in full, or in full with
// the target as well, in turn.
func readOf(cycle int) workflows.SyncInput {
	switch cycle % 3 {
	case 1:
		return workflows.SyncInput{}
	case 2:
		return workflows.SyncInput{Full: true}
	}
	return workflows.SyncInput{Full: true, Drift: true}
}

type script struct {
	box    *sandbox.Server
	rng    *rand.Rand
	found  adopted
	cycle  int
	known  []people.Known
	groups []people.KnownGroup
}

func (s *script) beforeTheFirstRun() error {
	for i, seed := range []atlassiansim.AccountSeed{
		{Email: s.known[3].Email, Name: "Known Already"},
		{Email: s.known[7].Email, Name: "Suspended Before", Suspended: true},
		{Email: s.known[11].Email, Name: "From Elsewhere", Outside: true},
	} {
		if err := s.seedAccount(seed); err != nil {
			return fmt.Errorf("seed account %d: %w", i, err)
		}
	}
	return s.seedGroup(s.groups[0].Name)
}

func (s *script) seedAccount(seed atlassiansim.AccountSeed) error {
	id, err := s.box.Atlassian.SeedAccount(seed)
	if err != nil {
		return err
	}
	// Somebody outside is invited like anybody else; the account is ours to
	// the extent that it came into the directory by us.
	if !seed.Outside {
		s.found[id] = true
	}
	return nil
}

func (s *script) seedGroup(name string) error {
	id, err := s.box.Atlassian.SeedGroup(atlassiansim.GroupSeed{Name: name})
	s.found[id] = true
	return err
}

// pick takes somebody active whom nothing has happened to in this cycle.
func (s *script) pick() people.Known {
	for {
		at := s.rng.Intn(len(s.known))
		k := s.known[at]
		s.known = slices.Delete(s.known, at, at+1)
		if k.Status == people.Active {
			return k
		}
	}
}

// join brings six people: three new ones in different groups, and one each
// with an account that is active, that is suspended, and that is elsewhere.
func (s *script) join() error {
	for i, seed := range []*atlassiansim.AccountSeed{nil, nil, nil, {}, {Suspended: true}, {Outside: true}} {
		email := fmt.Sprintf("joiner%d.%d@%s", s.cycle, i, people.Domain)
		id, err := s.box.Okta.CreateUser(people.Person{
			FirstName: "Joiner", LastName: fmt.Sprintf("Number %d.%d", s.cycle, i), Login: email, Email: email, Status: people.Active,
		})
		if err != nil {
			return err
		}
		for n := range 2 {
			if err := s.box.Okta.AddMember(s.groups[(i+n)%groupsAtFirst].ID, id); err != nil {
				return err
			}
		}
		if seed == nil {
			continue
		}
		seed.Email, seed.Name = email, "Somebody Else's Words"
		if err := s.seedAccount(*seed); err != nil {
			return err
		}
	}
	return nil
}

func (s *script) rename() error {
	for i := range 2 {
		email := fmt.Sprintf("renamed%d.%d@%s", s.cycle, i, people.Domain)
		if err := s.box.Okta.RenameUser(s.pick().ID, fmt.Sprintf("Renamed %d.%d", s.cycle, i), email); err != nil {
			return err
		}
	}
	return nil
}

// move takes three people out of a group and puts them into another.
func (s *script) move() error {
	for range 3 {
		k := s.pick()
		for len(k.GroupIDs) < 2 {
			k = s.pick()
		}
		to := slices.IndexFunc(s.groups, func(g people.KnownGroup) bool { return !slices.Contains(k.GroupIDs, g.ID) })
		if err := s.box.Okta.RemoveMember(k.GroupIDs[0], k.ID); err != nil {
			return err
		}
		if err := s.box.Okta.AddMember(s.groups[to].ID, k.ID); err != nil {
			return err
		}
	}
	return nil
}

// foundGroups makes two groups with two members each, of which the target has one.
func (s *script) foundGroups() error {
	for _, name := range []string{fmt.Sprintf("new-%d", s.cycle), adoptable(s.cycle)} {
		id, err := s.box.Okta.CreateGroup(people.Group{Name: name, Type: people.OktaGroup})
		if err != nil {
			return err
		}
		for range 2 {
			if err := s.box.Okta.AddMember(id, s.pick().ID); err != nil {
				return err
			}
		}
	}
	return s.seedGroup(adoptable(s.cycle))
}

// adoptable is the name of the group of a cycle that the target has already.
func adoptable(cycle int) string { return fmt.Sprintf("adoptable-%d", cycle) }

func (s *script) leave() error { return s.box.Okta.DeactivateUser(s.pick().ID) }

// suspendAndReturn suspends two people and lets those of the last cycle return.
func (s *script) suspendAndReturn() error {
	for _, k := range s.known {
		if k.Status == people.Suspended {
			if err := s.box.Okta.UnsuspendUser(k.ID); err != nil {
				return err
			}
		}
	}
	for range 2 {
		if err := s.box.Okta.SuspendUser(s.pick().ID); err != nil {
			return err
		}
	}
	return nil
}
