package messages_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// shipped are the folders whose messages an administrator meets.
var shipped = []string{"activities", "workflows", "internal"}

// The files of whose texts other documents speak: docs/scim.md of pushes, and
// `rollcall validate` of what is not about targets, rules, leavers, approvals
// and notifications.
var (
	commands      = regexp.MustCompile(`^internal/cli/[^/]+\.go$`)
	pushCommands  = regexp.MustCompile(`^internal/cli/(scim|token|pushadvice|checkscim)`)
	configuration = regexp.MustCompile(`^internal/config/(notifications|approvals|guard|retention|rules[a-z]*|targetcheck|permission|sharedgroups|accessends)\.go$`)
	rules         = regexp.MustCompile(`^internal/directory/rules/`)
	ladders       = regexp.MustCompile(`^internal/config/rulesread\.go$`)
	refusals      = regexp.MustCompile(`^internal/store/(claim|connections|movedtargets|control|link[a-z]*|erase|undo[a-z]*|requests|subjectsrun|held[a-z]*|preview|subjectview|overrides|leavers|quarantine|source)\.go$`)
	updates       = regexp.MustCompile(`^workflows/(held|steer|subjects|leaver)\.go$`)
)

// sections are the document's, each with what the source says.
func sections(s *source) map[string]found {
	failures := func(files *regexp.Regexp) found {
		return s.texts(places{files: files, calls: map[string]int{"usage": 0}, fields: map[string]string{"failure": "err"}})
	}
	shell := failures(commands)
	maps.DeleteFunc(shell, func(text string, _ bool) bool { return failures(pushCommands)[text] })
	return map[string]found{
		"Classes":            s.classes(),
		"States of a change": s.typed("State"),
		"Outcomes of a run":  s.named(regexp.MustCompile(`^workflows/`), regexp.MustCompile(`^Outcome[A-Z]`)),
		"Notes of a run":     s.notes(),
		"Events":             s.typed("Event"),
		"Commands":           shell,
		"Refusals":           s.texts(places{files: refusals, method: "Error"}),
		"Updates":            s.texts(places{files: updates, calls: map[string]int{"New": 0}}),
		"Configuration": s.texts(
			places{files: configuration, calls: map[string]int{"problem": 1, "wrong": 1, "warn": 1}},
			places{files: ladders, calls: map[string]int{"Errorf": 0}},
			places{files: rules, calls: map[string]int{"problem": 1, "at": 3}, fields: map[string]string{"Problem": "Message"}}),
	}
}

// heading and entry are lines of the document.
var (
	heading = regexp.MustCompile("^## (.+)$")
	entry   = regexp.MustCompile("^\\| `([^`]+)` \\|(.+)\\|$")
)

// read returns the document's entries by section, with what it says of each.
func read(t *testing.T, path string) map[string]map[string]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all, section := map[string]map[string]string{}, ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		if m := heading.FindStringSubmatch(line); m != nil {
			section = m[1]
			all[section] = map[string]string{}
		}
		if m := entry.FindStringSubmatch(line); m != nil && section != "" {
			all[section][strings.ReplaceAll(m[1], `\|`, "|")] = m[2]
		}
	}
	return all
}

// compare says what the document lacks, and what it has and nothing says.
func compare(document map[string]map[string]string, said map[string]found) []string {
	var wrong []string
	for _, section := range slices.Sorted(maps.Keys(said)) {
		for _, message := range slices.Sorted(maps.Keys(said[section])) {
			explained, ok := document[section][message]
			switch {
			case !ok:
				wrong = append(wrong, fmt.Sprintf("%s: %q is not explained", section, message))
			case slices.ContainsFunc(strings.Split(explained, "|"), func(cell string) bool { return strings.TrimSpace(cell) == "" }):
				wrong = append(wrong, fmt.Sprintf("%s: %q is listed and not explained", section, message))
			}
		}
		for _, message := range slices.Sorted(maps.Keys(document[section])) {
			if !said[section][message] {
				wrong = append(wrong, fmt.Sprintf("%s: nothing says %q any more", section, message))
			}
		}
	}
	return wrong
}

// root is the repository's.
func root(t *testing.T) string {
	t.Helper()
	for folder := "."; ; folder = filepath.Join(folder, "..") {
		if _, err := os.Stat(filepath.Join(folder, "go.work")); err == nil {
			return folder
		}
		if absolute, err := filepath.Abs(folder); err != nil || absolute == filepath.Dir(absolute) {
			t.Fatal("the repository's root is not found")
		}
	}
}

func TestEveryMessageIsExplained(t *testing.T) {
	t.Parallel()
	said := sections(parse(t, root(t), shipped...))
	for section, least := range map[string]int{"Classes": 40, "States of a change": 15, "Outcomes of a run": 6, "Notes of a run": 10, "Events": 7, "Commands": 40} {
		if len(said[section]) < least {
			t.Errorf("%d found for %q, fewer than there were: the search misses some", len(said[section]), section)
		}
	}
	for _, wrong := range compare(read(t, filepath.Join(root(t), "docs", "messages.md")), said) {
		t.Error(wrong)
	}
}
