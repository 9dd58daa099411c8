package confluencecloud_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/sitesim"
	"github.com/rollcall-sync/rollcall/internal/target/confluencecloud"
)

func TestWhatIsNoAnswerIsAnOutage(t *testing.T) {
	t.Parallel()
	groups := func(t *testing.T, target *confluencecloud.Target) error {
		_, err := target.Groups(t.Context(), "")
		return err
	}
	members := func(t *testing.T, target *confluencecloud.Target) error {
		_, err := target.Members(t.Context(), "g", "200")
		return err
	}
	account := func(t *testing.T, target *confluencecloud.Target) error {
		_, err := target.Account(t.Context(), "this")
		return err
	}
	for _, test := range []struct {
		name, answer string
		ask          func(*testing.T, *confluencecloud.Target) error
	}{
		{"a site without groups", `{"results":[],"_links":{}}`, groups},
		{"a page without groups", `{"_links":{}}`, groups},
		{"a site without groups and without links", `{"results":[]}`, groups},
		{"another page than was asked for", `{"results":[{"accountId":"ana"}],"start":0,"_links":{}}`, members},
		{"a group without an id", `{"results":[{"name":"x"}],"_links":{}}`, groups},
		{"a page of a proxy", `<html>`, groups},
		{"a list that does not move on", `{"results":[],"_links":{"next":"/x"}}`, members},
		{"a member without an id", `{"results":[{}],"_links":{}}`, members},
		{"an answer without accounts", `{}`, account},
		{"a created group without an id", `{"name":"x"}`, func(t *testing.T, target *confluencecloud.Target) error {
			_, err := target.CreateGroup(t.Context(), directory.NewGroup{Name: "x"})
			return err
		}},
		{"nobody who asks", `{}`, func(t *testing.T, target *confluencecloud.Target) error {
			_, err := target.Protected(t.Context())
			return err
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			target := newTarget(t, sitesim.New(sitesim.Options{}), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, test.answer)
			}))
			if err := test.ask(t, target); directory.ClassOf(err) != directory.ClassUnavailable {
				t.Errorf("got %v, want a *directory.UnavailableError", err)
			}
		})
	}
}

// TestAListOfMembersIsReadToItsEndHoweverItSaysSo: the description lets a list of
// users come without links, and suspended members are missing from any page.
func TestAListOfMembersIsReadToItsEndHoweverItSaysSo(t *testing.T) {
	t.Parallel()
	for name, pages := range map[string]map[string]string{
		"without links": {
			"0": `{"results":[{"accountId":"ana"},{"accountId":"bo"}]}`, "2": `{"results":[{"accountId":"cy"}]}`, "3": `{"results":[]}`,
		},
		"with a page on which all are suspended": {
			"0":   `{"results":[{"accountId":"ana"},{"accountId":"bo"}],"_links":{"next":"/rest/api/group/g/membersByGroupId?start=200&limit=200"}}`,
			"200": `{"results":[],"_links":{"next":"/rest/api/group/g/membersByGroupId?limit=200&start=400"}}`,
			"400": `{"results":[{"accountId":"cy"}],"_links":{}}`,
		},
		"with links that do not say where": {
			"0": `{"results":[{"accountId":"ana"},{"accountId":"bo"}],"_links":{"next":"/rest/api/group/g/membersByGroupId?cursor=x"}}`,
			"2": `{"results":[{"accountId":"cy"}],"_links":{"next":null}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := newTarget(t, sitesim.New(sitesim.Options{}), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.WriteString(w, pages[r.URL.Query().Get("start")])
			}))
			var ids []string
			for cursor := ""; ; {
				page, err := target.Members(t.Context(), "g", cursor)
				if err != nil {
					t.Fatal(err)
				}
				ids = append(ids, page.AccountIDs...)
				if cursor = page.Next; cursor == "" {
					break
				}
			}
			if diff := cmp.Diff([]string{"ana", "bo", "cy"}, ids); diff != "" {
				t.Errorf("members (-want +got)\n%s", diff)
			}
		})
	}
}

func TestAForeignCursorIsRefused(t *testing.T) {
	t.Parallel()
	_, target := fresh(t, sitesim.Options{})
	for _, cursor := range []string{"groups:1", "groups:0/0/x", "groups:0/-1/0", "jira:x", "x"} {
		if _, err := target.Accounts(t.Context(), cursor); directory.ClassOf(err) != directory.ClassRefused {
			t.Errorf("%s: %v", cursor, err)
		}
	}
	if _, err := target.Groups(t.Context(), "x"); directory.ClassOf(err) != directory.ClassRefused {
		t.Errorf("groups: %v", err)
	}
	if _, err := target.Members(t.Context(), "g", "x"); directory.ClassOf(err) != directory.ClassRefused {
		t.Errorf("members: %v", err)
	}
}
