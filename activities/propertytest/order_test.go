package propertytest

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func TestAPlanDoesNotDependOnTheOrderOfPages(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		o := organisations().Draw(rt, "organisation")
		seed := rapid.Uint64().Draw(rt, "order")
		if err := samePlans(t, o, seed, func(*engine) {}); err != nil {
			rt.Fatal(err)
		}
	})
}

// shuffled gives every object a place of its own.
func shuffled(seed uint64) func(id string) uint64 {
	return func(id string) uint64 {
		h := fnv.New64a()
		fmt.Fprintf(h, "%d/%s", seed, id)
		return h.Sum64()
	}
}

// samePlans plans for two sources that hold the same and list it in different
// orders and pages: at first, and again after a run and everything that happens.
func samePlans(t testing.TB, o organisation, seed uint64, change func(second *engine)) error {
	var plans [2][]string
	for i := range plans {
		o := o
		o.pageSize += i
		o.seats = 0 // of newcomers, who gets the last licence is decided by who came first
		err := with(t, o, direct, func(e *engine) error {
			if i == 1 {
				e.source.Order(shuffled(seed))
				change(e)
			}
			first, err := e.plan()
			if err != nil {
				return err
			}
			if _, err := e.sync(false); err != nil {
				return err
			}
			for _, it := range o.events {
				if !strings.HasPrefix(it.What, "drift") { // drift goes by the target's own ids, which differ
					o.happen(e, it)
				}
			}
			second, err := e.plan()
			plans[i] = append(append(first, "after a run:"), second...)
			return err
		})
		if err != nil {
			return err
		}
	}
	if diff := cmp.Diff(plans[0], plans[1]); diff != "" {
		return fmt.Errorf("the plan depends on the order of pages (-as listed +shuffled):\n%s", diff)
	}
	return nil
}

// plan is a dry run's plan in the source's own words, sorted.
func (e *engine) plan() ([]string, error) {
	result, err := e.sync(true)
	if err != nil {
		return nil, err
	}
	changes, err := e.changes(result.RunID)
	if err != nil {
		return nil, err
	}
	var users, groups []int64
	for _, c := range changes {
		users, groups = append(users, c.UserID), append(groups, c.GroupID)
	}
	userIDs, err := e.store.SourceIDs(e.ctx, users)
	if err != nil {
		return nil, err
	}
	groupIDs, err := e.groupNames(groups)
	if err != nil {
		return nil, err
	}
	lines := make([]string, len(changes))
	for i, c := range changes {
		lines[i] = fmt.Sprintf("%s %s in %s: %s %s by %q on %s: %q → %q", c.Kind, userIDs[c.UserID], groupIDs[c.GroupID], c.State, c.Class, c.Rule, c.Evidence, c.Before, c.After)
	}
	slices.Sort(lines)
	return lines, nil
}

func (e *engine) groupNames(ids []int64) (map[int64]string, error) {
	refs, err := e.store.GroupRefs(e.ctx, ids)
	if err != nil {
		return nil, err
	}
	names := make(map[int64]string, len(refs))
	for _, ref := range refs {
		names[ref.ID] = ref.SourceID
	}
	return names, nil
}

func TestAPlanThatDependsOnTheOrderOfPagesIsNoticed(t *testing.T) {
	t.Parallel()
	o := organisation{
		pageSize: 2, mode: directory.Additive, linkBy: []string{"email"}, ladder: directory.Suspend(), groups: []team{{"Engineering"}},
		people: []person{
			{Name: "ada", Email: addressOf("ada"), Status: directory.StatusActive, Groups: []int{0}},
			{Name: "bob", Email: addressOf("bob"), Status: directory.StatusActive},
			{Name: "cyd", Email: addressOf("cyd"), Status: directory.StatusActive},
		},
	}
	if err := samePlans(t, o, 7, func(*engine) {}); err != nil {
		t.Fatalf("without a violation: %v", err)
	}
	// A source whose pages lack somebody when they are in another order.
	if err := samePlans(t, o, 7, func(second *engine) { second.source.EraseUser("u-bob") }); err == nil {
		t.Error("a page that lacks somebody was not noticed")
	}
}
