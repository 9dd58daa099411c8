package okta

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

const aProfile = `{"login":"ada","department":"Eng","level":3,"remote":true,"gone":null,"teams":["a",1,true,null,{"x":1}],"object":{"a":1}}`

func TestOnlyTheAttributesThatAreWantedAreKept(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		keep    Attributes
		profile string
		want    map[string]any
	}{
		"none unless asked":              {Attributes{}, aProfile, nil},
		"those that are named":           {Attributes{Names: []string{"department", "level", "elsewhere"}}, aProfile, map[string]any{"department": "Eng", "level": 3.0}},
		"lists, as lists of texts":       {Attributes{Names: []string{"teams"}}, aProfile, map[string]any{"teams": []string{"a", "1", "true"}}},
		"nothing of null and of objects": {Attributes{Names: []string{"gone", "object"}}, aProfile, nil},
		"all that can be kept": {Attributes{All: true}, aProfile,
			map[string]any{"login": "ada", "department": "Eng", "level": 3.0, "remote": true, "teams": []string{"a", "1", "true"}}},
		"nothing of a profile that is null": {Attributes{All: true}, `null`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := c.keep.of([]byte(c.profile))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("kept (-want +got):\n%s", diff)
			}
		})
	}
}

// The scanner looks at brackets and quotes only: what is inside may still be no
// JSON, and is then no sign that an attribute is missing.
func TestAProfileThatCannotBeReadMakesTheSourceUnavailable(t *testing.T) {
	t.Parallel()
	records, err := scanUsers(`[{"id":"00u1","profile":{"login":"ada","department":bad}}]`)
	if err != nil {
		t.Fatal(err)
	}
	s := &Source{config: Config{Attributes: Attributes{Names: []string{"department"}}}}
	var unavailable *directory.UnavailableError
	if _, err := s.user(records[0], true); !errors.As(err, &unavailable) {
		t.Errorf("error %v; want *directory.UnavailableError", err)
	}
}

func TestGroupsAreSelectedByARuleBesides(t *testing.T) {
	t.Parallel()
	s := newSelector(Selection{Names: []string{"eng*"}, IDs: []string{"00g2"}, Where: func(g directory.Group) bool { return g.Description == "for jira" }})
	for text, want := range map[string]bool{
		`{"id":"00g1","profile":{"name":"eng","description":"for jira"}}`:   true,
		`{"id":"00g1","profile":{"name":"eng","description":"else"}}`:       false,
		`{"id":"00g1","profile":{"name":"sales","description":"for jira"}}`: false,
		`{"id":"00g2","profile":{"name":"x","description":"else"}}`:         false,
	} {
		var g groupRecord
		if err := json.Unmarshal([]byte(text), &g); err != nil {
			t.Fatal(err)
		}
		if got := s.selects(g); got != want {
			t.Errorf("%s is selected: %t", text, got)
		}
	}
}
