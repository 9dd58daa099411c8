package targettest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Run runs the suite. fixture is called once for every test.
func Run(t *testing.T, fixture func(t *testing.T) Fixture) {
	t.Helper()
	suites := []struct {
		name string
		run  func(t *testing.T, fixture func(t *testing.T) Fixture)
	}{
		{"accounts are found and read", testReading},
		{"accounts are created", testCreating},
		{"accounts are suspended and restored", testLifecycle},
		{"accounts are deactivated", testDeactivating},
		{"accounts that are suspended lose their access groups", testAccessGroups},
		{"what an account leads is handed over", testHandingOver},
		{"accounts are deleted", testDeleting},
		{"accounts are found by other attributes", testFinding},
		{"groups are found and created", testGroups},
		{"groups are renamed", testRenaming},
		{"members are listed, added and removed", testMembers},
		{"groups are in groups", testNesting},
		{"groups are given permissions", testPermitting},
		{"every method types what goes wrong", testFaults},
		{"a write that cannot be read back is in doubt", testDoubts},
		{"a cancelled context ends every call", testCancelling},
		{"attributes are written", testAttributes},
		{"administrators are listed", testProtected},
		{"the target says who it is", testCheck},
		{"the target can do what its kind says", testCapabilities},
	}
	for _, suite := range suites {
		t.Run(suite.name, func(t *testing.T) {
			t.Parallel()
			suite.run(t, fixture)
		})
	}
}

func foldEqual(a, b string) bool { return strings.EqualFold(a, b) }

// numbered returns n names that differ.
func numbered(n int, format string) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf(format, i)
	}
	return names
}

// every follows the cursor of a list to its end and fails the test if a page
// repeats what an earlier one had.
func every(t *testing.T, page func(cursor string) (ids []string, next string, err error)) []string {
	t.Helper()
	var all []string
	cursor := ""
	for pages := 1; ; pages++ {
		ids, next, err := page(cursor)
		if err != nil {
			t.Fatalf("page %d: %v: %s", pages, err, directory.DetailOf(err))
		}
		for _, id := range ids {
			if slices.Contains(all, id) {
				t.Errorf("%s is on two pages", id)
			}
			all = append(all, id)
		}
		if next == "" {
			return all
		}
		if pages > 1000 {
			t.Fatal("the list does not end")
		}
		cursor = next
	}
}

// missing returns what is in want and not in got.
func missing(want, got []string) []string {
	has := make(map[string]bool, len(got))
	for _, id := range got {
		has[id] = true
	}
	var lacking []string
	for _, id := range want {
		if !has[id] {
			lacking = append(lacking, id)
		}
	}
	return lacking
}
