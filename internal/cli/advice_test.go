package cli

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// classesIn returns the values of the constants of type Class that the files
// of a package declare.
func classesIn(t *testing.T, folder string) []directory.Class {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no Go files in %s: %v", folder, err)
	}
	var classes []directory.Class
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || !isClass(spec.Type) {
				return true
			}
			for _, v := range spec.Values {
				if literal, ok := v.(*ast.BasicLit); ok {
					text, err := strconv.Unquote(literal.Value)
					if err != nil {
						t.Fatal(err)
					}
					classes = append(classes, directory.Class(text))
				}
			}
			return true
		})
	}
	if len(classes) == 0 {
		t.Fatalf("no classes in %s", folder)
	}
	return classes
}

func isClass(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == "Class"
	case *ast.SelectorExpr:
		return e.Sel.Name == "Class"
	}
	return false
}

func TestEveryClassOfFailureComesWithAdvice(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"../directory", "../../activities", "../../workflows"} {
		for _, class := range classesIn(t, folder) {
			if advice[class] == "" {
				t.Errorf("there is no advice on class %s of %s", class, folder)
			}
		}
	}
}

func TestAdviceLeavesNoPlaceholder(t *testing.T) {
	t.Parallel()
	placeholder := regexp.MustCompile(`\{[a-z]*\}`)
	for class := range advice {
		for _, at := range []place{{connection: "staff", run: 7}, {connection: "staff", target: "cloud", run: 7}} {
			text := adviceOn(class, at)
			if found := placeholder.FindString(text); found != "" || !strings.HasSuffix(text, ".") {
				t.Errorf("%s: placeholder %q, or no full stop, in %q", class, found, text)
			}
		}
	}
}

func TestAdviceNamesTheSettingToChange(t *testing.T) {
	t.Parallel()
	source, target := place{connection: "staff", run: 7}, place{"staff", "cloud", 7}
	for name, c := range map[string]struct {
		class directory.Class
		at    place
		says  string
	}{
		"the source's token":          {directory.ClassAuth, source, "connections.staff.source.token"},
		"the target's key":            {directory.ClassAuth, target, "connections.staff.targets.cloud.api_key"},
		"the groups to adopt":         {directory.ClassNotAdopted, target, "connections.staff.targets.cloud.adopt_groups"},
		"what is protected":           {directory.ClassProtected, target, "connections.staff.targets.cloud.protected"},
		"how to look at what is held": {directory.ClassOverLimit, target, `"rollcall run 7 --state held"`},
		"how to let it through":       {directory.ClassOverLimit, target, `"rollcall approve 7"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if text := adviceOn(c.class, c.at); !strings.Contains(text, c.says) {
				t.Errorf("%q does not say %q", text, c.says)
			}
		})
	}
}

func TestWhatStoppedARunIsAdvisedOnFirst(t *testing.T) {
	t.Parallel()
	counts := []store.Count{
		{Target: "cloud", Kind: "account.create", State: "applied", Count: 9},
		{Target: "cloud", Kind: "account.create", State: "refused", Class: "duplicate", Count: 2},
		{Target: "cloud", Kind: "group.create", State: "refused", Class: "duplicate", Count: 1},
	}
	duplicate := advised{Target: "cloud", Class: "duplicate", Changes: 3}
	for name, c := range map[string]struct {
		run  store.Run
		want []advised
	}{
		"a run that is done":                     {store.Run{Outcome: workflows.OutcomePartial}, []advised{duplicate}},
		"the source refused its token":           {store.Run{Outcome: workflows.OutcomeFailed, Reason: "credential-refused"}, []advised{{Class: "credential-refused"}, duplicate}},
		"two targets could not be used":          {store.Run{Outcome: workflows.OutcomeFailed, Reason: "cloud: credential-refused, other: unavailable"}, []advised{{Target: "cloud", Class: "credential-refused"}, {Target: "other", Class: "unavailable"}, duplicate}},
		"it failed for a reason that is unknown": {store.Run{Outcome: workflows.OutcomeFailed, Reason: "odd"}, []advised{{Class: "odd"}, duplicate}},
		"it was stopped":                         {store.Run{Outcome: workflows.OutcomeStopped, Reason: "it was cancelled"}, []advised{{Class: "canceled"}, duplicate}},
		"it was lost":                            {store.Run{Outcome: outcomeLost}, []advised{{Class: "lost"}, duplicate}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.run.Connection, c.run.ID = "staff", 7
			got := advise(c.run, counts)
			for i := range got {
				if got[i].Next == "" {
					t.Errorf("nothing to do next about %s", got[i].Class)
				}
				got[i].Next = ""
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheOutcomeOfARunIsItsExitCode(t *testing.T) {
	t.Parallel()
	for outcome, want := range map[string]int{
		workflows.OutcomeDone: ExitDone, workflows.OutcomeDry: ExitDone,
		workflows.OutcomePartial: ExitPartial, workflows.OutcomeHeld: ExitPartial,
		workflows.OutcomeFailed: ExitFailed, workflows.OutcomeStopped: ExitFailed, outcomeLost: ExitFailed, outcomeRunning: ExitFailed,
	} {
		r := &runReport{Run: store.Run{ID: 7, Connection: "staff", Outcome: outcome}}
		if got := ExitCode(r.outcomeError()); got != want {
			t.Errorf("%s: exit code %d; want %d", outcome, got, want)
		}
	}
}
