package confluencecloud_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/confluencecloud"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/vendortest"
)

// TestAListThatDoesNotMoveOnIsAnOutage: every answer has a next page, which holds
// the same.
func TestAListThatDoesNotMoveOnIsAnOutage(t *testing.T) {
	t.Parallel()
	stuck := func(t *testing.T, endless string) *confluencecloud.Target {
		address, transport := vendortest.Stuck(t, func(r *http.Request, _ int64) string {
			next := ""
			if strings.HasSuffix(r.URL.Path, endless) {
				next = "/next"
			}
			switch {
			case strings.HasPrefix(r.URL.Path, "/rest/api/3/"):
				return "" // a site without Jira
			case strings.HasSuffix(r.URL.Path, "/user/current"):
				return `{"accountId":"a"}`
			}
			const element = `{"id":"g","name":"Club","accountId":"a","accountType":"atlassian","email":"bo@example.com"}`
			return fmt.Sprintf(`{"results":[%s],"_links":{"next":%q},"id":"g","name":"Club","accountId":"a","accountType":"atlassian"}`, element, next)
		})
		target, err := confluencecloud.New(confluencecloud.Config{BaseURL: address, Credential: rest.Basic("me@example.com", "token"), Transport: transport})
		if err != nil {
			t.Fatal(err)
		}
		return target
	}
	_, err := stuck(t, "/group").FindGroups(t.Context(), []string{"other"})
	vendortest.WantStuck(t, "groups", err)
	_, err = stuck(t, "/group").FindAccounts(t.Context(), []string{"ana@example.com"})
	vendortest.WantStuck(t, "accounts by groups", err)
	_, err = stuck(t, "/membersByGroupId").Protected(t.Context())
	vendortest.WantStuck(t, "members", err)
	_, err = stuck(t, "/memberof").Check(t.Context())
	vendortest.WantStuck(t, "groups of an account", err)
}

// TestManyGroupsOfTheSamePeopleAreManyGroups: where Jira does not answer, people
// are looked for among the members of all groups with access.
func TestManyGroupsOfTheSamePeopleAreManyGroups(t *testing.T) {
	t.Parallel()
	const groups = 250
	address, transport := vendortest.Stuck(t, func(r *http.Request, _ int64) string {
		switch {
		case strings.HasPrefix(r.URL.Path, "/rest/api/3/"):
			return ""
		case strings.HasSuffix(r.URL.Path, "/membersByGroupId"):
			return `{"results":[{"accountId":"a","accountType":"atlassian","email":"bo@example.com"}],"_links":{"next":""}}`
		case r.URL.Query().Get("accessType") != "user":
			return `{"results":[],"_links":{"next":""}}`
		}
		start, err := strconv.Atoi(r.URL.Query().Get("start"))
		if err != nil {
			return ""
		}
		next := "/next"
		if start == groups-1 {
			next = ""
		}
		return fmt.Sprintf(`{"results":[{"id":"g%d","name":"Group %d"}],"start":%d,"_links":{"next":%q}}`, start, start, start, next)
	})
	target, err := confluencecloud.New(confluencecloud.Config{BaseURL: address, Credential: rest.Basic("me@example.com", "token"), Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	found, err := target.FindAccounts(t.Context(), []string{"ana@example.com"})
	if err != nil || len(found) > 0 {
		t.Errorf("found %+v, %v: %s, want nobody", found, err, directory.DetailOf(err))
	}
	page, err := target.Accounts(t.Context(), "")
	if err != nil || !page.Overlaps {
		t.Errorf("a page of a group's members is %+v, %v, want one that others may overlap with", page, err)
	}
}
