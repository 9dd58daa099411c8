package jiracloud_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/target/jiracloud"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/vendortest"
)

func TestAListThatDoesNotMoveOnIsAnOutage(t *testing.T) {
	t.Parallel()
	address, transport := vendortest.Stuck(t, func(*http.Request, int64) string {
		return `{"values":[{"groupId":"g","name":"Club"}],"isLast":false}`
	})
	target, err := jiracloud.New(jiracloud.Config{BaseURL: address, Credential: rest.Basic("me@example.com", "token"), Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	_, err = target.FindGroups(t.Context(), []string{"other"})
	vendortest.WantStuck(t, "groups", err)
}

func TestMembersThatDoNotMoveOnAreAnOutage(t *testing.T) {
	t.Parallel()
	address, transport := vendortest.Stuck(t, func(r *http.Request, _ int64) string {
		switch {
		case strings.HasSuffix(r.URL.Path, "/myself"):
			return `{"accountId":"me"}`
		case strings.HasSuffix(r.URL.Path, "/group/bulk"):
			return `{"values":[{"groupId":"g","name":"Admins"}],"isLast":true}`
		}
		return `{"values":[{"accountId":"a","accountType":"atlassian","active":true}],"isLast":false}`
	})
	target, err := jiracloud.New(jiracloud.Config{BaseURL: address, Credential: rest.Basic("me@example.com", "token"), Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	_, err = target.Protected(t.Context())
	vendortest.WantStuck(t, "members", err)
}
