package gatewaytest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/gateway/gatewaytest"
	"github.com/rollcall-sync/rollcall/internal/config"
)

func addMembers(first, last int) string {
	var values []string
	for i := first; i < last; i++ {
		values = append(values, fmt.Sprintf(`{"value":"member-%d"}`, i))
	}
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"members","value":[` + strings.Join(values, ",") + `]}]}`
}

func TestAPatchOfAGroupIsAnsweredWithItsMembersUnlessThereAreMany(t *testing.T) {
	t.Parallel()
	c := newCaller(t, gatewaytest.Start(t))
	id := c.want(c.do("POST", "/Groups", `{"displayName":"all"}`), http.StatusCreated).id()
	r := c.want(c.do("PATCH", "/Groups/"+id, addMembers(0, 256)), http.StatusOK)
	if got := len(r.json["members"].([]any)); got != 256 {
		t.Errorf("%d members are shown", got)
	}
	r = c.want(c.do("PATCH", "/Groups/"+id, addMembers(256, 300)), http.StatusNoContent)
	if r.header.Get("Etag") != `W/"3"` || r.body != "" {
		t.Errorf("ETag %s, body %q", r.header.Get("Etag"), r.body)
	}
	r = c.want(c.do("PATCH", "/Groups/"+id+"?attributes=members", addMembers(300, 301)), http.StatusOK)
	if got := len(r.json["members"].([]any)); got != 301 {
		t.Errorf("%d members are shown to who asks for them", got)
	}
	r = c.want(c.do("GET", "/Groups/"+id+"?excludedAttributes=members", ""), http.StatusOK)
	if _, shown := r.json["members"]; shown {
		t.Error("members are shown that were not wanted")
	}
}

func TestEntraGetsNoBodyOfAGroupItPatched(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		client, query, header string
		want                  int
	}{
		"it is configured":         {config.ClientEntra, "", "", http.StatusNoContent},
		"it says so in a header":   {config.ClientAuto, "", "20170705", http.StatusNoContent},
		"it says so in the query":  {config.ClientAuto, "?aadOptscim062020", "", http.StatusNoContent},
		"it asks for attributes":   {config.ClientEntra, "?attributes=displayName", "", http.StatusOK},
		"another client":           {config.ClientAuto, "", "", http.StatusOK},
		"one that keeps to an RFC": {config.ClientRFC, "?aadOptscim062020", "20170705", http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCaller(t, gatewaytest.Start(t, gatewaytest.Client(one.client)))
			if one.header != "" {
				c = c.with("Adscimversion", one.header)
			}
			id := c.want(c.do("POST", "/Groups", `{"displayName":"all"}`), http.StatusCreated).id()
			c.want(c.do("PATCH", "/Groups/"+id+one.query, addMembers(0, 1)), one.want)
		})
	}
}

func TestAQueryAtTheRootIsOverAllTypes(t *testing.T) {
	t.Parallel()
	c := newCaller(t, gatewaytest.Start(t))
	c.want(c.do("POST", "/Users", `{"userName":"ada","displayName":"same"}`), http.StatusCreated)
	c.want(c.do("POST", "/Groups", `{"displayName":"same"}`), http.StatusCreated)
	for query, want := range map[string]float64{
		"":                                      2,
		"?filter=displayName%20eq%20%22same%22": 2,
		"?filter=userName%20pr":                 1,
		"?filter=meta.resourceType%20eq%20%22User%22":                                       1,
		"?filter=not%20(userName%20pr)":                                                     1,
		"?filter=urn:ietf:params:scim:schemas:core:2.0:Group:displayName%20eq%20%22same%22": 1,
	} {
		for _, path := range []string{"", "/"} {
			if r := c.want(c.do("GET", c.url+path+query, ""), http.StatusOK); r.json["totalResults"] != want {
				t.Errorf("%s%s: %v results, want %v", path, query, r.json["totalResults"], want)
			}
		}
	}
	if r := c.want(c.do("POST", "/.search", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"displayName eq \"same\"","count":1,"startIndex":2}`), http.StatusOK); r.json["totalResults"] != 2.0 || len(r.json["Resources"].([]any)) != 1 {
		t.Errorf("search: %s", r.body)
	}
	c.want(c.do("GET", c.url+"?filter=nothing%20pr", ""), http.StatusBadRequest)
}
