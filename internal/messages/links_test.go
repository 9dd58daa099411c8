package messages_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	link = regexp.MustCompile(`\]\(([^)#]*)(#[^)]*)?\)`)
	// Anchors are headings in lower case, with hyphens for blanks and without
	// punctuation, as GitHub makes them.
	title       = regexp.MustCompile(`(?m)^#+ (.+)$`)
	notInAnchor = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

func anchors(text string) map[string]bool {
	all := map[string]bool{}
	for _, m := range title.FindAllStringSubmatch(text, -1) {
		all["#"+strings.ReplaceAll(notInAnchor.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-")] = true
	}
	return all
}

// broken are the links in a document that lead nowhere in the repository.
func broken(document string) (wrong []string, seen int, err error) {
	text, err := os.ReadFile(document)
	if err != nil {
		return nil, 0, err
	}
	for _, m := range link.FindAllStringSubmatch(string(text), -1) {
		if strings.Contains(m[1], "://") {
			continue
		}
		seen++
		to := document
		if m[1] != "" {
			to = filepath.Join(filepath.Dir(document), m[1])
		}
		content, err := os.ReadFile(to)
		if err != nil || m[2] != "" && !anchors(string(content))[m[2]] {
			wrong = append(wrong, m[1]+m[2])
		}
	}
	return wrong, seen, nil
}

func TestTheLinksInTheDocumentsLeadSomewhere(t *testing.T) {
	t.Parallel()
	documents, err := filepath.Glob(filepath.Join(root(t), "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, document := range append(documents, filepath.Join(root(t), "README.md"), filepath.Join(root(t), "CONTRIBUTING.md")) {
		wrong, seen, err := broken(document)
		if err != nil {
			t.Fatal(err)
		}
		total += seen
		for _, to := range wrong {
			t.Errorf("%s: %s leads nowhere", filepath.Base(document), to)
		}
	}
	if total < 30 {
		t.Errorf("%d links were looked at, fewer than there are: the search misses some", total)
	}
	planted := filepath.Join(t.TempDir(), "planted.md")
	if err := os.WriteFile(planted, []byte("# A *first* heading\n[a](#a-first-heading) [b](#b) [c](planted.md#a-first-heading) [d](none.md) [e](https://example.com)\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if wrong, seen, err := broken(planted); fmt.Sprint(wrong, seen, err) != "[#b none.md] 4 <nil>" {
		t.Errorf("of what is planted %v is found in %d (%v)", wrong, seen, err)
	}
}
