package rules_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/directory/rules"
)

// Every example of a rule in the documents compiles, for what it is an example
// of, and fails on nobody whose profile is empty but where it compares numbers.
func TestTheRulesInTheDocumentsCompile(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../../../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := map[string]int{}
	for _, block := range regexp.MustCompile("(?s)```cel( [a-z]+)?\n(.*?)```").FindAllStringSubmatch(string(content), -1) {
		kind := strings.TrimSpace(block[1])
		for text := range strings.SplitSeq(strings.TrimSpace(block[2]), "\n") {
			examples[kind]++
			e := rules.Expression{Path: text, Text: text}
			spec := making("job_title", `""`)
			switch kind {
			case "":
				spec.Scope.Users = e
			case "text":
				spec.Targets["cloud"].Attributes["job_title"] = e
			case "group":
				cloud := spec.Targets["cloud"]
				cloud.Groups.Name = e
				spec.Targets["cloud"] = cloud
			default:
				t.Errorf("examples of %q, which nobody knows", kind)
			}
			set, err := rules.Compile(spec)
			if err != nil {
				t.Errorf("%v", err)
				continue
			}
			d := set.Decide("cloud", ada(func(s *directory.Subject) { s.Attributes = nil }))
			if _, made := d.Attributes["job_title"]; (strings.Contains(d.Rule, "failed") || !made) && !strings.Contains(text, "grade") {
				t.Errorf("%s: fails on somebody without attributes: %+v", text, d)
			}
			if g := set.Group("cloud", directory.Group{Name: "app-jira-eng", Type: "OKTA_GROUP"}); g.Problem != "" {
				t.Errorf("%s: %+v", text, g)
			}
		}
	}
	if examples[""] < 5 || examples["text"] < 5 || examples["group"] < 3 {
		t.Errorf("the documents have %v examples; each is looked at here", examples)
	}
}
