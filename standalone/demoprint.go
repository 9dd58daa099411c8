package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// printSandboxes says where the stand-ins are.
func (o *options) printSandboxes(out io.Writer, box, pushedTo *sandbox.Server) error {
	table := tabwriter.NewWriter(out, 0, 0, 1, ' ', 0)
	fmt.Fprintf(table, "\nOkta\t%s (a sandbox: %d people, %d groups)\n", box.OktaURL(), o.people, o.groups)
	for _, t := range box.Announcement().Targets {
		fmt.Fprintf(table, "%s\t%s (a sandbox: %s)\n", t.Kind, t.URL, atFirst(t.Kind))
	}
	fmt.Fprintf(table, "\t%s (another %s, for what is pushed)\n\n", pushedTo.AtlassianURL(), sandbox.AtlassianCloud)
	return table.Flush()
}

// atFirst says what a sandbox target holds before the first run.
func atFirst(kind string) string {
	if sandbox.Seeds(kind) {
		return "everybody has an account there by other means"
	}
	return "empty but for its administrators"
}

// printChanges says what happened in Okta between the runs.
func printChanges(out io.Writer, changed []people.Changed) {
	kinds := map[people.ChangeKind]int{}
	var order []people.ChangeKind
	for _, one := range changed {
		if kinds[one.Kind] == 0 {
			order = append(order, one.Kind)
		}
		kinds[one.Kind]++
	}
	var parts []string
	for _, kind := range order {
		parts = append(parts, fmt.Sprintf("%d × %s", kinds[kind], kind))
	}
	fmt.Fprintf(out, "%d things change in Okta: %s.\n\n", len(changed), strings.Join(parts, ", "))
}

// printCounts prints what a run did as a table a target.
func printCounts(out io.Writer, targets []string, counts []store.Count) error {
	for _, target := range targets {
		if len(targets) > 1 {
			fmt.Fprintf(out, "%s\n", target)
		}
		table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
		fmt.Fprintln(table, "  change\toutcome\tcount\twhy")
		for _, n := range counts {
			if n.Target == target {
				fmt.Fprintf(table, "  %s\t%s\t%d\t%s\n", n.Kind, n.State, n.Count, n.Class)
			}
		}
		if err := table.Flush(); err != nil {
			return err
		}
		fmt.Fprintln(out)
	}
	return nil
}

// demoCompare compares every target with Okta, from the sandboxes' own state,
// prints the outcome and says whether all are equal.
func demoCompare(out io.Writer, box *sandbox.Server) (equal bool, err error) {
	equal = true
	fmt.Fprintln(out, "Compared object by object, from the sandboxes' own state:")
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "  target\tdifferences\tconflicts\tpeople\taccounts\tgroups\tmemberships\tuntouched")
	var differing, conflicts []string
	for _, t := range box.Announcement().Targets {
		report, _ := box.CompareWith(t.Kind, compare.Options{GroupTypes: sandbox.OwnGroups()})
		c := report.Compared
		fmt.Fprintf(table, "  %s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\n", t.Kind, len(report.Differences), len(report.Conflicts),
			c.Users, c.Accounts, c.Groups, c.Memberships, c.Untouched)
		if text := reasons(report.Conflicts); text != "" {
			conflicts = append(conflicts, fmt.Sprintf("  %s: %s", t.Kind, text))
		}
		if !report.Equal() {
			equal = false
			differing = append(differing, fmt.Sprintf("%s: %s", t.Kind, report))
		}
	}
	if err := table.Flush(); err != nil {
		return false, err
	}
	if len(conflicts) > 0 {
		fmt.Fprintf(out, "\nWhat a target cannot have as Okta has it, and the runs report:\n%s\n", strings.Join(conflicts, "\n"))
	}
	for _, one := range differing {
		fmt.Fprintf(out, "\n%s\n", one)
	}
	return equal, nil
}

// reasons counts conflicts by their reasons.
func reasons(conflicts []compare.Conflict) string {
	counts := map[string]int{}
	for _, c := range conflicts {
		counts[c.Reason]++
	}
	var parts []string
	for _, reason := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%d × %s", counts[reason], reason))
	}
	return strings.Join(parts, ", ")
}
