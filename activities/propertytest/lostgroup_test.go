package propertytest

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	targetmemory "github.com/rollcall-sync/rollcall/internal/target/targettest/memory"
)

// blinded is a target that says, while it is told to, that it has no groups.
type blinded struct {
	*targetmemory.Target
	blind atomic.Bool
}

// Groups implements directory.Target.
func (b *blinded) Groups(ctx context.Context, cursor string) (directory.TargetGroupPage, error) {
	if b.blind.Load() {
		return directory.TargetGroupPage{}, nil
	}
	return b.Target.Groups(ctx, cursor)
}

// FindGroups implements directory.Target.
func (b *blinded) FindGroups(ctx context.Context, names []string) ([]directory.TargetGroup, error) {
	if b.blind.Load() {
		return nil, nil
	}
	return b.Target.FindGroups(ctx, names)
}

func TestAGroupThatATargetWronglySaidIsGoneIsTheSameGroupsAgain(t *testing.T) {
	t.Parallel()
	waits := func(names ...string) (lines []string) {
		for _, name := range names {
			lines = append(lines, "membership.add "+addressOf(name)+" Engineering blocked waits-for-link")
		}
		return lines
	}
	for name, test := range map[string]struct {
		meanwhile func(e *engine)
		then      []string
		members   []string
	}{
		"it is linked again, and whoever left meanwhile is taken out": {
			meanwhile: func(e *engine) { e.source.SetMember(groupID(0), person{Name: "bob"}.id(), false) },
			then:      []string{"group.create Engineering applied", "membership.add " + addressOf("ada") + " Engineering applied", "membership.remove " + addressOf("bob") + " Engineering applied"},
			members:   []string{addressOf("ada")},
		},
		"but not once it has an administrative role": {
			meanwhile: func(e *engine) {
				e.target.Protect(directory.Protected{GroupIDs: []string{e.target.State().Groups[0].ID}})
			},
			then:    append([]string{"group.create Engineering skipped protected"}, waits("ada", "bob")...),
			members: []string{addressOf("ada"), addressOf("bob")},
		},
		"nor is another one that bears its name": {
			meanwhile: func(e *engine) {
				if err := e.target.RenameGroup(e.ctx, e.target.State().Groups[0].ID, "Elsewhere"); err != nil {
					panic(err)
				}
				e.target.SeedGroup("Engineering", false)
			},
			then:    append([]string{"group.create Engineering refused not-adopted"}, waits("ada", "bob")...),
			members: []string{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var target *blinded
			between := func(inner *targetmemory.Target) directory.Target {
				target = &blinded{Target: inner}
				return target
			}
			err := with(t, small("ada", "bob"), between, func(e *engine) error {
				e.run(t)
				target.blind.Store(true)
				same(t, "while it says that there is none", e.run(t), append([]string{"group.create Engineering refused not-adopted"}, waits("ada", "bob")...))
				same(t, "members all the while", e.members("Engineering"), []string{addressOf("ada"), addressOf("bob")})
				target.blind.Store(false)
				test.meanwhile(e)
				var got []string
				for range 3 {
					got = append(got, e.run(t)...)
				}
				slices.Sort(got) // each run says again what it could not do
				same(t, "then", slices.Compact(got), test.then)
				same(t, "members", e.members("Engineering"), test.members)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}
