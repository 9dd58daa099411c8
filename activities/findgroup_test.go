package activities

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/directory/rules"
)

// listing is a source that is asked for groups alone. A page is read once for
// each turn, without end where endless is set.
type listing struct {
	directory.Source
	pages      [][]directory.Group
	unselected []string // on every page
	endless    bool
	err        error
	asked      int
}

func (l *listing) Group(_ context.Context, id string) (directory.Group, error) {
	for _, page := range l.pages {
		for _, g := range page {
			if g.SourceID == id {
				return g, nil
			}
		}
	}
	for _, other := range l.unselected {
		if other == id {
			return directory.Group{SourceID: id}, nil
		}
	}
	return directory.Group{}, &directory.NotFoundError{Call: "GET group"}
}

func (l *listing) Groups(_ context.Context, request directory.PageRequest) (directory.GroupPage, error) {
	l.asked++
	if l.err != nil {
		return directory.GroupPage{}, l.err
	}
	n := 0
	if request.Cursor != "" {
		var err error
		if n, err = strconv.Atoi(request.Cursor); err != nil {
			return directory.GroupPage{}, err
		}
	}
	page := directory.GroupPage{Unselected: l.unselected}
	if n < len(l.pages) {
		page.Groups = append(page.Groups, l.pages[n]...)
	}
	if n+1 < len(l.pages) || l.endless {
		page.Next = strconv.Itoa(n + 1)
	}
	return page, nil
}

func TestAGroupThatIsNotKnownIsFoundOnWhateverPageItIs(t *testing.T) {
	t.Parallel()
	pages := [][]directory.Group{
		{{SourceID: "g1", Name: "Birds"}, {SourceID: "g2", Name: "Fish"}},
		{{SourceID: "g3", Name: "Staff / Cats"}, {SourceID: "g4", Name: "fish"}},
		{{SourceID: "g5", Name: "Dogs"}, {SourceID: "g6", Name: "Secret"}},
	}
	for _, c := range []struct {
		name, asks string
		endless    bool
		want       []string
		pages      int
	}{
		{"by its name, whatever its case", " staff / cats", false, []string{"g3"}, 3},
		{"all that have the name", "Fish", false, []string{"g2", "g4"}, 3},
		{"by its id, up to its page and no further", "g3", false, []string{"g3"}, 2},
		{"one that is nowhere is not", "Horses", false, nil, 3},
		{"one that the source's settings do not select is not", "g9", false, nil, 1},
		{"one that the rules do not select is not", "Secret", false, nil, 3},
		{"a list without an end is given up", "Horses", true, nil, groupPagesMost},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := newKeeping(t)
			set, err := rules.Compile(rules.Spec{Scope: rules.ScopeSpec{Groups: rules.Expression{Text: `group.name != "Secret"`}}, Targets: map[string]rules.TargetSpec{"cloud": {}}})
			if err != nil {
				t.Fatal(err)
			}
			source := &listing{pages: pages, unselected: []string{"g9"}, endless: c.endless}
			r := &requested{piece: piece{Activities: k.a, c: &Connection{Name: "staff", Source: source, Rules: set}, claim: k.claim}}
			ids, err := r.findGroups(t.Context(), c.asks)
			if err != nil {
				t.Fatal(err)
			}
			refs, err := k.a.Store.GroupRefs(t.Context(), ids)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, ref := range refs {
				got = append(got, ref.SourceID)
			}
			if diff := cmp.Diff(c.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
			if source.asked != c.pages {
				t.Errorf("%d pages were read, want %d", source.asked, c.pages)
			}
		})
	}
}

func TestASourceThatDoesNotAnswerHasNotSaidThatThereIsNoGroup(t *testing.T) {
	t.Parallel()
	k := newKeeping(t)
	refused := &directory.AuthError{Call: "GET groups"}
	r := &requested{piece: piece{Activities: k.a, c: &Connection{Name: "staff", Source: &listing{err: fmt.Errorf("list groups: %w", refused)}}, claim: k.claim}}
	if _, err := r.findGroups(t.Context(), "Birds"); !errors.Is(err, refused) {
		t.Errorf("it says %v, want %v", err, refused)
	}
}
