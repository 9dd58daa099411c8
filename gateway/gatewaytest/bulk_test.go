package gatewaytest_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/gateway/gatewaytest"
	"github.com/rollcall-sync/rollcall/internal/config"
)

func bulk(operations ...string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[` + strings.Join(operations, ",") + `]}`
}

func statuses(r reply) []string {
	var all []string
	operations, _ := r.json["Operations"].([]any)
	for _, o := range operations {
		one, _ := o.(map[string]any)
		status, _ := one["status"].(string)
		all = append(all, status)
	}
	return all
}

const (
	ada    = `{"method":"POST","path":"/Users","bulkId":"ada","data":{"userName":"ada"}}`
	team   = `{"method":"POST","path":"/Groups","bulkId":"team","data":{"displayName":"team","members":[{"value":"bulkId:ada"},{"value":"bulkId:other"}]}}`
	other  = `{"method":"POST","path":"/Groups","bulkId":"other","data":{"displayName":"other","members":[{"value":"bulkId:team"}]}}`
	nobody = `{"method":"DELETE","path":"/Users/nobody"}`
)

func TestABulkIsDoneInAnOrderInWhichEveryReferenceIsKnown(t *testing.T) {
	t.Parallel()
	c := newCaller(t, gatewaytest.Start(t))
	r := c.want(c.do("POST", "/Bulk", bulk(team, other, ada)), http.StatusOK)
	if diff := cmp.Diff([]string{"201", "201", "201"}, statuses(r)); diff != "" {
		t.Fatalf("statuses:\n%s\n%s", diff, r.body)
	}
	for name, want := range map[string]int{"team": 2, "other": 1} {
		for _, o := range r.json["Operations"].([]any) {
			if one := o.(map[string]any); one["bulkId"] == name {
				group := c.want(c.do("GET", one["location"].(string), ""), http.StatusOK)
				if got := len(group.json["members"].([]any)); got != want {
					t.Errorf("%s has %d members, want %d: %s", name, got, want, group.body)
				}
				if etag := group.header.Get("Etag"); etag != one["version"] {
					t.Errorf("%s has version %s, the bulk said %s", name, etag, one["version"])
				}
			}
		}
	}
}

func TestABulkGoesOnAfterErrorsUnlessItIsToldWhenToStop(t *testing.T) {
	t.Parallel()
	c := newCaller(t, gatewaytest.Start(t))
	r := c.want(c.do("POST", "/Bulk", bulk(nobody, ada, nobody)), http.StatusOK)
	if diff := cmp.Diff([]string{"404", "201", "404"}, statuses(r)); diff != "" {
		t.Errorf("statuses:\n%s\n%s", diff, r.body)
	}
}

func TestFailOnErrorsStopsABulk(t *testing.T) {
	t.Parallel()
	c := newCaller(t, gatewaytest.Start(t))
	body := strings.Replace(bulk(nobody, nobody, ada), `"Operations"`, `"failOnErrors":2,"Operations"`, 1)
	r := c.want(c.do("POST", "/Bulk", body), http.StatusOK)
	if diff := cmp.Diff([]string{"404", "404"}, statuses(r)); diff != "" {
		t.Errorf("statuses:\n%s\n%s", diff, r.body)
	}
	if list := c.want(c.do("GET", "/Users", ""), http.StatusOK); list.json["totalResults"] != 0.0 {
		t.Errorf("somebody was made: %s", list.body)
	}
}

func TestAGroupOfACircleThatCannotBeCompletedIsAnsweredAsFailedAndIsNotThere(t *testing.T) {
	t.Parallel()
	c := newCaller(t, gatewaytest.Start(t))
	c.want(c.do("POST", "/Groups", `{"displayName":"team"}`), http.StatusCreated)
	r := c.want(c.do("POST", "/Bulk", bulk(team, other, ada)), http.StatusOK)
	if diff := cmp.Diff([]string{"409", "400", "201"}, statuses(r)); diff != "" {
		t.Errorf("statuses:\n%s\n%s", diff, r.body)
	}
	list := c.want(c.do("GET", "/Groups", ""), http.StatusOK)
	if list.json["totalResults"] != 1.0 {
		t.Errorf("groups: %s", list.body)
	}
}

func TestAnOutageInABulkIsToldOfEachOperation(t *testing.T) {
	t.Parallel()
	var b between
	g := gatewaytest.Start(t, b.option())
	b.onWrite(func(context.Context) error { return errors.New("connection refused") })
	c := newCaller(t, g)
	r := c.want(c.do("POST", "/Bulk", bulk(ada, nobody)), http.StatusOK)
	if diff := cmp.Diff([]string{"503", "404"}, statuses(r)); diff != "" {
		t.Errorf("statuses:\n%s\n%s", diff, r.body)
	}
}

func TestABulkOfTooManyOperationsIs413(t *testing.T) {
	t.Parallel()
	c := newCaller(t, gatewaytest.Start(t, gatewaytest.Settings(func(s *config.Scim) { s.BulkOperations = 2 })))
	c.want(c.do("POST", "/Bulk", bulk(nobody, nobody, nobody)), http.StatusRequestEntityTooLarge)
	c.want(c.do("POST", "/Bulk", bulk(nobody, nobody)), http.StatusOK)
}
