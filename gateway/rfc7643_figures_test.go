package gateway_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sharedFile is the path of a file in the folder that is shared beside this
// repository, or that ROLLCALL_SHARED names. Where it is absent the test is
// skipped, unless CI=true, where it fails.
func sharedFile(t *testing.T, path ...string) string {
	t.Helper()
	shared := os.Getenv("ROLLCALL_SHARED")
	if shared == "" {
		dir, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		for {
			if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
				break
			}
			parent := filepath.Dir(dir)
			if parent == dir {
				t.Fatal("go.work is in no folder above")
			}
			dir = parent
		}
		shared = filepath.Join(filepath.Dir(dir), "shared")
	}
	file := filepath.Join(append([]string{shared, "scim"}, path...)...)
	if _, err := os.Stat(file); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the texts of SCIM are absent, and CI=true requires them: %v", err)
		}
		t.Skipf("skipped: the texts of SCIM are absent: %v", err)
	}
	return file
}

var (
	pageBreak = regexp.MustCompile(`\n*\nHunt, et al\..*\n\f?\n?RFC 764\d .*\n\n*`)
	heading   = regexp.MustCompile(`(?m)^((?:\d+\.)+|Appendix [A-Z]\.)  ?\S.*$`)
)

// rfcSections reads an RFC's text, without page breaks, by section: "3.5.2",
// or "A" for an appendix.
func rfcSections(t *testing.T, name string) map[string]string {
	t.Helper()
	raw, err := os.ReadFile(sharedFile(t, name))
	if err != nil {
		t.Fatal(err)
	}
	text := pageBreak.ReplaceAllString(strings.ReplaceAll(string(raw), "\f", ""), "\n")
	sections := map[string]string{}
	marks := heading.FindAllStringSubmatchIndex(text, -1)
	for i, mark := range marks {
		end := len(text)
		if i+1 < len(marks) {
			end = marks[i+1][0]
		}
		number := strings.TrimPrefix(strings.TrimSuffix(text[mark[2]:mark[3]], "."), "Appendix ")
		if _, twice := sections[number]; !twice && !strings.Contains(text[mark[0]:mark[1]], "....") {
			sections[number] = text[mark[1]:end]
		}
	}
	return sections
}

// figures are the JSON texts of a section: lines are joined inside strings,
// where the RFC had to break them.
func figures(t *testing.T, text string) []any {
	t.Helper()
	var found []any
	end := 0
	for _, start := range regexp.MustCompile(`(?m)^ {0,4}[{\[]`).FindAllStringIndex(text, -1) {
		if start[0] < end {
			continue
		}
		var b strings.Builder
		quoted, depth := false, 0
		for i, r := range text[start[0]:] {
			switch {
			case r == '"':
				quoted = !quoted
			case quoted && r == '\n':
				joined := b.String()
				b.Reset()
				b.WriteString(strings.TrimRight(joined, " ") + "\x00")
				continue
			case !quoted && (r == '{' || r == '['):
				depth++
			case !quoted && (r == '}' || r == ']'):
				depth--
			}
			if s := b.String(); strings.HasSuffix(s, "\x00") {
				if r == ' ' {
					continue
				}
				b.Reset()
				b.WriteString(strings.TrimSuffix(s, "\x00"))
				if !strings.ContainsAny(lastWord(s), "/:+=") {
					b.WriteString(" ")
				}
			}
			b.WriteRune(r)
			if depth == 0 && !quoted && (r == '}' || r == ']') {
				end = start[0] + i
				break
			}
		}
		var v any
		if err := json.Unmarshal([]byte(b.String()), &v); err == nil {
			found = append(found, v)
		}
	}
	return found
}

// lastWord is what was being written where a line was broken.
func lastWord(s string) string { return s[strings.LastIndexAny(s, " \"")+1:] }

// TestRFC7643Figures sends the RFC's own representations and compares the
// published schemas with the RFC's.
func TestRFC7643Figures(t *testing.T) {
	t.Parallel()
	sections := rfcSections(t, "rfc7643.txt")
	c := startPlain(t)
	for _, section := range []string{"8.1", "8.2", "8.3", "8.4"} {
		t.Run("RFC 7643 §"+section+": the representation is accepted and comes back as it was sent", func(t *testing.T) {
			t.Parallel()
			found := figures(t, sections[section])
			if len(found) != 1 {
				t.Fatalf("%d figures", len(found))
			}
			body, _ := found[0].(object)
			endpoint := "/Users"
			if section == "8.4" {
				endpoint = "/Groups"
			} else {
				body["userName"] = section + at(body, "userName").(string)
			}
			got := c.do(t, "POST", endpoint, body).want(t, 201)
			want := maps.Clone(body)
			for _, name := range []string{"id", "meta", "password", "groups", "members"} {
				delete(want, name)
			}
			o, _ := got.json.(object)
			for name := range want {
				if name == enterpriseURN {
					manager, _ := at(o, enterpriseURN, "manager").(object)
					sent, _ := at(want, enterpriseURN, "manager").(object)
					delete(sent, "displayName")
					same(t, sent["value"], manager["value"], "the manager")
					delete(at(o, enterpriseURN).(object), "manager")
					delete(want[name].(object), "manager")
				}
				same(t, want[name], o[name], name)
			}
			if section == "8.4" {
				// Its members are not known here: they are kept for later.
				same(t, len(at(body, "members").(array)), len(got.members(t)), "members")
			}
		})
	}
	t.Run("RFC 7643 §8.7.1: User, Group and EnterpriseUser are published with the RFC's characteristics", func(t *testing.T) {
		t.Parallel()
		var schemas array
		for _, f := range figures(t, sections["8.7.1"]) {
			if list, ok := f.(array); ok && len(list) > len(schemas) {
				schemas = list
			}
		}
		if len(schemas) != 3 {
			t.Fatalf("the figure has %d schemas", len(schemas))
		}
		for _, s := range schemas {
			id, _ := at(s, "id").(string)
			compareAttributes(t, id, at(s, "attributes"), c.get(t, "/Schemas/"+id).at("attributes"))
		}
	})
}

// decided are the differences from section 8.7.1 that are meant: section 4.2
// says that a group's name is REQUIRED, and identity providers find a group by
// its name, so that it is unique.
func decided(path, characteristic string) bool {
	return path == groupURN+" displayName" && (characteristic == "required" || characteristic == "uniqueness")
}

func compareAttributes(t *testing.T, path string, want, got any) {
	t.Helper()
	published := map[string]object{}
	list, _ := got.(array)
	for _, v := range list {
		a, _ := v.(object)
		published[a["name"].(string)] = a
	}
	list, _ = want.(array)
	for _, v := range list {
		a, _ := v.(object)
		name, _ := a["name"].(string)
		at := path + " " + name
		p, ok := published[name]
		if !ok {
			t.Errorf("%s is not published", at)
			continue
		}
		for _, characteristic := range slices.Sorted(maps.Keys(a)) {
			switch characteristic {
			case "description", "name":
			case "subAttributes":
				compareAttributes(t, at, a[characteristic], p[characteristic])
			default:
				if !decided(at, characteristic) {
					same(t, a[characteristic], p[characteristic], at+" "+characteristic)
				}
			}
		}
	}
}
