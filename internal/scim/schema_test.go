package scim

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// rfcSchemas are the schemas that a section of RFC 7643 prints, by URN. The text
// is in the folder shared beside this repository, or in the one that
// ROLLCALL_SHARED names. Where it is absent the test is skipped, unless CI=true,
// where it fails.
func rfcSchemas(t *testing.T, section string) map[string]map[string]any {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(sharedFolder(t), "scim", "rfc7643.txt"))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the text of RFC 7643 is absent, and CI=true requires it: %v", err)
		}
		t.Skipf("skipped: the text of RFC 7643 is absent: %v", err)
	}
	text := regexp.MustCompile(`\n+Hunt, et al\.[^\n]*\n\f?\n?RFC 7643[^\n]*\n+`).ReplaceAllString(string(raw), "\n")
	start := strings.LastIndex(text, "\n"+section+"  ")
	if start < 0 {
		t.Fatalf("section %s is not in the text", section)
	}
	text = text[start:]
	text = text[strings.Index(text, "\n["):]
	text = text[:strings.Index(text, "\n]")+2]
	// The RFC breaks lines inside strings, which JSON does not allow.
	text = regexp.MustCompile(`\s*\n\s*`).ReplaceAllString(text, " ")
	var list []map[string]any
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		t.Fatalf("read the figure of section %s: %v", section, err)
	}
	schemas := map[string]map[string]any{}
	for _, s := range list {
		schemas[s["id"].(string)] = s
	}
	return schemas
}

func sharedFolder(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("ROLLCALL_SHARED"); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return filepath.Join(filepath.Dir(dir), "shared")
		}
		if parent := filepath.Dir(dir); parent != dir {
			dir = parent
			continue
		}
		t.Fatal("go.work is in no folder above")
	}
}

// deviations are the differences from the RFC's figures that are meant.
var deviations = []string{
	// Section 4.2 requires a displayName; it is unique because clients find groups by it.
	"Group.displayName required", "Group.displayName uniqueness",
	// Section 6 calls it multi-valued, the figure does not.
	"ResourceType.schemaExtensions multiValued",
	// The figure forgets binary, and says "multiValued" false of one of the two referenceTypes.
	"Schema.attributes.type canonicalValues",
	"Schema.attributes.subAttributes.type canonicalValues",
	"Schema.attributes.subAttributes.referenceTypes multiValued",
}

func TestSchemasAreThoseOfTheStandard(t *testing.T) {
	t.Parallel()
	registry, err := NewRegistry(nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	served := map[string]*Schema{}
	for _, s := range registry.Schemas() {
		served[s.ID] = s
	}
	for _, section := range []struct {
		number  string
		schemas int
	}{{"8.7.1.", 3}, {"8.7.2.", 3}} {
		t.Run("RFC 7643 §"+strings.TrimSuffix(section.number, "."), func(t *testing.T) {
			t.Parallel()
			figures := rfcSchemas(t, section.number)
			if len(figures) != section.schemas {
				t.Fatalf("the figure has %d schemas, not %d", len(figures), section.schemas)
			}
			for id, figure := range figures {
				if served[id] == nil {
					t.Errorf("%s is not served", id)
					continue
				}
				described := asJSON(t, served[id].Describe())
				sameAttributes(t, id[strings.LastIndexByte(id, ':')+1:], figure["attributes"].([]any), described["attributes"].([]any))
			}
		})
	}
}

// sameAttributes checks that everything the figure says is said by what is served.
func sameAttributes(t *testing.T, path string, figure, served []any) {
	t.Helper()
	for _, f := range figure {
		want := f.(map[string]any)
		name := path + "." + want["name"].(string)
		i := slices.IndexFunc(served, func(s any) bool { return s.(map[string]any)["name"] == want["name"] })
		if i < 0 {
			t.Errorf("%s is missing", name)
			continue
		}
		got := served[i].(map[string]any)
		for characteristic, value := range want {
			switch characteristic {
			case "description":
				if got[characteristic] == "" {
					t.Errorf("%s has no description", name)
				}
			case "subAttributes":
				sameAttributes(t, name, value.([]any), got[characteristic].([]any))
			default:
				wanted, _ := json.Marshal(value)
				is, _ := json.Marshal(got[characteristic])
				if string(wanted) != string(is) && !slices.Contains(deviations, name+" "+characteristic) {
					t.Errorf("%s: %s is %s, the RFC says %s", name, characteristic, is, wanted)
				}
			}
		}
	}
}

// asJSON is a document as a client reads it.
func asJSON(t *testing.T, document any) map[string]any {
	t.Helper()
	raw, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	var read map[string]any
	if err := json.Unmarshal(raw, &read); err != nil {
		t.Fatal(err)
	}
	return read
}
