package cli

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/store"
)

// stateOf is such as "applied" or "refused (duplicate)".
func stateOf(state, class string) string {
	if class == "" || class == state {
		return state
	}
	return state + " (" + class + ")"
}

// printChanges prints one change a line, as they come.
func (p *program) printChanges(title string, changes iter.Seq2[store.Change, error]) error {
	titled := false
	for c, err := range changes {
		if err != nil {
			return err
		}
		if !titled {
			p.printf("%s\n", title)
			titled = true
		}
		p.printf(" ")
		p.printChange(c)
	}
	return nil
}

// printChange prints a change on a line of its own.
func (p *program) printChange(c store.Change) {
	p.printf(" %-16s %-18s %-24s %s", c.Target, c.Kind, stateOf(c.State, c.Class), plain(subjectOf(c)))
	if text := plain(differenceOf(c)); text != "" {
		if subjectOf(c) != "" {
			p.printf(": ")
		}
		p.printf("%s", text)
	}
	if c.Rule != "" {
		p.printf(" [%s]", plain(c.Rule))
	}
	p.printf("\n")
	if c.Detail != "" {
		p.printf("           %s says: %s\n", c.Target, plain(c.Detail))
	}
	if c.Note != "" {
		p.printf("           %s\n", plain(c.Note))
	}
}

// differenceOf says what stood there before a change and stands there after
// it, where that says more than whom it is about.
func differenceOf(c store.Change) string {
	if strings.HasPrefix(c.Kind, "membership.") || strings.HasPrefix(c.Kind, "nesting.") || c.After == "" || c.After == subjectOf(c) {
		return ""
	}
	var before, after map[string]any
	if json.Unmarshal([]byte(c.Before), &before) == nil && json.Unmarshal([]byte(c.After), &after) == nil && after != nil {
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(after)) {
			parts = append(parts, fmt.Sprintf("%s %s -> %s", name, imageOf(before[name]), imageOf(after[name])))
		}
		return strings.Join(parts, ", ")
	}
	if c.Before == "" {
		return "-> " + c.After
	}
	return c.Before + " -> " + c.After
}

// imageOf is a value of an attribute; a dash is none.
func imageOf(v any) string {
	if v == nil || v == "" {
		return "-"
	}
	return fmt.Sprintf("%q", fmt.Sprint(v))
}

// subjectOf names whom or what a change is about.
func subjectOf(c store.Change) string {
	user, group := c.User, c.Group
	if user == "" && c.UserID != 0 {
		user = fmt.Sprintf("user %d", c.UserID)
	}
	if group == "" && c.GroupID != 0 {
		group = fmt.Sprintf("group %d", c.GroupID)
	}
	switch {
	case user != "" && group != "":
		return user + " in " + group
	case c.OuterID != 0:
		return group + " in " + nameOr(c.Outer, "group", c.OuterID)
	case c.Scope != "":
		return group + " on " + c.Scope
	}
	return user + group
}

func (p *program) changesCSV(changes iter.Seq2[store.Change, error]) error {
	headings := []string{"id", "target", "kind", "user_id", "user", "group_id", "group", "outer_id", "outer", "scope", "rule", "evidence", "before", "after", "state", "class", "detail", "note", "attempts", "done"}
	return p.printCSV(headings, func(yield func([]string, error) bool) {
		for c, err := range changes {
			row := []string{fmt.Sprint(c.ID), c.Target, c.Kind, idOf(c.UserID), c.User, idOf(c.GroupID), c.Group, idOf(c.OuterID), c.Outer, c.Scope, c.Rule, c.Evidence, c.Before, c.After,
				c.State, c.Class, c.Detail, c.Note, fmt.Sprint(c.Attempts), stamp(c.Done)}
			if !yield(row, err) {
				return
			}
		}
	})
}

func idOf(id int64) string {
	if id == 0 {
		return ""
	}
	return fmt.Sprint(id)
}
