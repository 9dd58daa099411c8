package messages_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// planted is a source that says one thing of each kind, in every way in which
// ours does.
var planted = map[string]string{
	"internal/directory/classes.go": `package directory
type Class string
type State string
const ClassConstant Class = "by-constant"
const Odd State = "odd"`,
	"activities/a.go": `package activities
const classOwn directory.Class = "by-own-constant"
const codeNote = "note-by-constant"
var table = []struct{ code, text string; count int }{{"note-in-a-table", "lacked %d", 1}}
func f() {
	o := Outcome{Class: "by-field"}
	o.Class = "by-assignment"
	o.Refused = "by-refusal"
	g(directory.Class("by-conversion"))
	a.Store.Note(ctx, claim, store.Note{Code: "note-by-literal", Text: "x"})
	a.Store.Note(ctx, claim, store.Note{Code: codeNote})
	c.note(ctx, p, "note-by-call", "Some text.")
}`,
	"activities/a_test.go":            `package activities; const classTest directory.Class = "in-a-test"`,
	"internal/store/storetest/x.go":   `package storetest; var n = store.Note{Code: "in-a-suite"}`,
	"internal/store/s.go":             "package store; const q = `UPDATE changes SET state = 'held', class = 'by-statement' WHERE id = ?`",
	"internal/store/link.go":          `package store; func (e *E) Error() string { return fmt.Sprintf("user %d is linked", e.id) }`,
	"workflows/messages.go":           `package workflows; const OutcomeOdd = "odd-end"`,
	"workflows/held.go":               `package workflows; func f() error { return errors.New("no digest") }`,
	"internal/notify/message.go":      `package notify; const EventOdd Event = "odd-event"`,
	"internal/cli/a.go":               `package cli; func f() error { if x { return usage("bad %q; " + more, y) }; return &failure{code: 1, err: fmt.Errorf("100%% of run %d in %s", id, t), next: "try"} }`,
	"internal/cli/scim.go":            `package cli; func f() error { return usage("of pushes") }`,
	"internal/config/rulesread.go":    `package config; func f() { const expected = "is a constant"; r.problem(p, expected); r.problem(p, "%s", m); _ = fmt.Errorf("%s is no step", s) }`,
	"internal/config/database.go":     `package config; func f() { r.problem(p, "of databases") }`,
	"internal/directory/rules/all.go": `package rules; func f() { _ = Problem{Message: "bad: " + m}; at(e, a, id, "%s has no %q", x, y) }`,
}

func plant(t *testing.T) *source {
	t.Helper()
	folder := t.TempDir()
	for name, text := range planted {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return parse(t, folder, shipped...)
}

func TestWhatIsPlantedIsFound(t *testing.T) {
	t.Parallel()
	got := map[string][]string{}
	for section, texts := range sections(plant(t)) {
		for text := range texts {
			got[section] = append(got[section], text)
		}
		slices.Sort(got[section])
	}
	want := map[string][]string{
		"Classes":            {"by-assignment", "by-constant", "by-conversion", "by-field", "by-own-constant", "by-refusal", "by-statement"},
		"States of a change": {"odd"},
		"Outcomes of a run":  {"odd-end"},
		"Notes of a run":     {"note-by-call", "note-by-constant", "note-by-literal", "note-in-a-table"},
		"Events":             {"odd-event"},
		"Commands":           {"100% of run … in …", "bad …; …"},
		"Refusals":           {"user … is linked"},
		"Updates":            {"no digest"},
		"Configuration":      {"bad: …", "is a constant", "… has no …", "… is no step"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
}

func TestTheDocumentIsComparedBothWays(t *testing.T) {
	t.Parallel()
	document := filepath.Join(t.TempDir(), "messages.md")
	const text = "# Messages\n\n## Classes\n\n| class | what it means | what to do |\n|---|---|---|\n" +
		"| `explained` | It is. | Nothing. |\n| `empty` | It is not. | |\n| `former` | Nothing says it. | Nothing. |\n\n" +
		"## Commands\n\n| message | what to do |\n|---|---|\n| `a \\| b` | Choose. |\n"
	if err := os.WriteFile(document, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	said := map[string]found{"Classes": {"explained": true, "empty": true, "new": true}, "Commands": {"a | b": true}, "Events": {"held": true}}
	want := []string{
		`Classes: "empty" is listed and not explained`,
		`Classes: "new" is not explained`,
		`Classes: nothing says "former" any more`,
		`Events: "held" is not explained`,
	}
	if diff := cmp.Diff(want, compare(read(t, document), said)); diff != "" {
		t.Errorf("compared (-want +got):\n%s", diff)
	}
}
