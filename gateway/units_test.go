package gateway

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/scim"
)

func TestTheClientIsTheLastAddressThatNoTrustedProxyHas(t *testing.T) {
	t.Parallel()
	p, err := newProxies(config.Scim{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}})
	if err != nil {
		t.Fatal(err)
	}
	for name, one := range map[string]struct {
		remote    string
		forwarded []string
		want      string
	}{
		"no proxy":                                {"192.0.2.1:5", nil, "192.0.2.1"},
		"somebody who is no proxy says he is":     {"192.0.2.1:5", []string{"198.51.100.7"}, "192.0.2.1"},
		"a trusted proxy":                         {"10.0.0.1:5", []string{"198.51.100.7"}, "198.51.100.7"},
		"what a client wrote itself is not read":  {"10.0.0.1:5", []string{"203.0.113.9, 198.51.100.7"}, "198.51.100.7"},
		"two trusted proxies":                     {"10.0.0.1:5", []string{"203.0.113.9, 198.51.100.7, 10.0.0.2"}, "198.51.100.7"},
		"several headers are one list":            {"10.0.0.1:5", []string{"203.0.113.9", "198.51.100.7"}, "198.51.100.7"},
		"with a port":                             {"10.0.0.1:5", []string{"198.51.100.7:1234"}, "198.51.100.7"},
		"version 6":                               {"[fd00::1]:5", []string{"[2001:db8::1]:99"}, "2001:db8::1"},
		"version 4 within version 6":              {"[::ffff:10.0.0.1]:5", []string{"198.51.100.7"}, "198.51.100.7"},
		"what is no address ends the list":        {"10.0.0.1:5", []string{"198.51.100.7, unknown"}, "10.0.0.1"},
		"a trusted proxy that says nothing":       {"10.0.0.1:5", nil, "10.0.0.1"},
		"everybody on the way is a trusted proxy": {"10.0.0.1:5", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		"something that is no network address":    {"@", nil, "invalid IP"},
	} {
		r := &http.Request{RemoteAddr: one.remote, Header: http.Header{"X-Forwarded-For": one.forwarded}}
		if got, _ := p.client(r); got.String() != one.want {
			t.Errorf("%s: %s, want %s", name, got, one.want)
		}
	}
}

func TestEntityTagsAreComparedWeakly(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		`W/"7"`: true, `"7"`: true, `7`: true, `w/"7"`: true, `*`: true, `"1", W/"7"`: true, `"1" , *`: true,
		`W/"8"`: false, `"77"`: false, ``: false, `W/`: false, `"7 "`: false,
	} {
		if got := matches([]string{header}, 7); got != want {
			t.Errorf("%s: %v", header, got)
		}
	}
}

func TestAQueryIsReadAsClientsWriteIt(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]query{
		"":                                    {},
		"filter=userName+eq+%22a%2Bb%22":      {filter: `userName eq "a+b"`},
		"FILTER=a;b&unknown=%zz&startindex=3": {filter: "a;b", startIndex: "3"},
		"attributes=userName,%20emails&attributes=name&excludedAttributes=": {attributes: []string{"userName", "emails", "name"}},
		"cursor":          {byCursor: true},
		"cursor=&count=5": {byCursor: true, count: "5"},
		"sortBy=name.familyName&sortOrder=Descending&&": {sortBy: "name.familyName", sortOrder: "Descending"},
		"aadOptscim062020&filter=x":                     {filter: "x"},
	} {
		got, err := parseQuery(raw)
		if err != nil {
			t.Errorf("%s: %v", raw, err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(query{})); diff != "" {
			t.Errorf("%s:\n%s", raw, diff)
		}
	}
	if _, err := parseQuery("filter=100%"); err == nil {
		t.Error("a filter that cannot be read is taken for none")
	}
}

func TestAPageIsBroughtIntoItsBounds(t *testing.T) {
	t.Parallel()
	type page struct{ Start, Count int }
	for name, one := range map[string]struct {
		query query
		want  page
	}{
		"nothing is said":    {query{}, page{1, 100}},
		"below":              {query{startIndex: "-3", count: "-1"}, page{1, 0}},
		"zero":               {query{startIndex: "0", count: "0"}, page{1, 0}},
		"above":              {query{startIndex: "5", count: "100000"}, page{5, 1000}},
		"more than a number": {query{startIndex: "99999999999999999999", count: "99999999999999999999"}, page{1<<63 - 1, 1000}},
	} {
		start, count, err := one.query.page()
		if got := (page{start, count}); err != nil || got != one.want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	for _, q := range []query{{startIndex: "a"}, {count: "1.5"}, {count: "ten", byCursor: true}} {
		_, _, err := q.page()
		refused, ok := err.(*scim.Error)
		if want := map[bool]string{true: scim.InvalidCount, false: scim.InvalidValue}[q.byCursor]; !ok || refused.ScimType != want {
			t.Errorf("%+v: %v, want %s", q, err, want)
		}
	}
}

func TestASummaryHasNamesAndNoValues(t *testing.T) {
	t.Parallel()
	user := newResourceType(scim.UserType())
	for body, want := range map[string]string{
		`{"Operations":[{"op":"Replace","path":"active","value":"False"}]}`:                                                        "change a user: replace active=false",
		`{"Operations":[{"op":"replace","value":{"active":true,"name.givenName":"Ada"}}]}`:                                         "change a user: replace active=true and name.givenName",
		`{"Operations":[{"op":"remove","path":"emails[value eq \"ada@example.com\"].display"}]}`:                                   "change a user: remove emails[…].display",
		`{"Operations":[{"op":"remove","path":"emails[value eq \"ada]@example.com\"]"},{"op":"add","path":"title","value":"Dr"}]}`: "change a user: remove emails[…], add title",
		`{"Operations":[{"op":"replace","path":"active","value":"ada@example.com"}]}`:                                              "change a user: replace active",
		`nonsense`: "change a user",
	} {
		if got := summaryOfPatch(user, []byte(body)); got != want {
			t.Errorf("%s:\n%s, want\n%s", body, got, want)
		}
	}
}

func TestFailedLoginsAreForgottenAfterAMinuteAndBounded(t *testing.T) {
	t.Parallel()
	l := newLogins(2)
	now := time.Unix(1000, 0)
	address := netip.MustParseAddr("192.0.2.1")
	for range 2 {
		if wait := l.blocked(address, "x", now); wait != 0 {
			t.Fatalf("blocked for %d s at once", wait)
		}
		l.failed(address, now)
	}
	if wait := l.blocked(address, "x", now.Add(20*time.Second)); wait != 40 {
		t.Errorf("blocked for %d s, want 40", wait)
	}
	if wait := l.blocked(address, "x", now.Add(time.Minute)); wait != 0 {
		t.Errorf("still blocked for %d s", wait)
	}
	// Neighbours of one IPv6 subscriber are one.
	l.failed(netip.MustParseAddr("2001:db8::1"), now)
	l.failed(netip.MustParseAddr("2001:db8::2"), now)
	if l.blocked(netip.MustParseAddr("2001:db8::3"), "x", now) == 0 || l.blocked(netip.MustParseAddr("2001:db8:0:1::3"), "x", now) != 0 {
		t.Error("a /64 is not one subscriber")
	}
	for i := range 2 * addresses {
		l.failed(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), now)
	}
	if len(l.windows) > addresses {
		t.Errorf("%d addresses are kept", len(l.windows))
	}
}

func TestAStringIsWrittenAsJSONReadsIt(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": `""`, "Ada": `"Ada"`, `a"b\c`: `"a\"b\\c"`, "Zoë <z>": `"Zoë <z>"`, "line\nend\x01": `"line\nend\u0001"`, "\xff": `"\ufffd"`,
	} {
		if got := string(appendString(nil, in)); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

func TestARequestIdIsTakenOverWhenItIsHarmless(t *testing.T) {
	t.Parallel()
	for given, kept := range map[string]bool{"abc-123": true, "": false, "a\tb": false, "é": false, strings.Repeat("a", 129): false} {
		if got := requestID(http.Header{"X-Request-Id": {given}}); (got == given) != kept || got == "" {
			t.Errorf("%q became %q", given, got)
		}
	}
}

func TestAHostThatIsNoHostIsNotRepeated(t *testing.T) {
	t.Parallel()
	g := &Gateway{}
	for host, want := range map[string]string{
		"rollcall.example.com:8443": "http://rollcall.example.com:8443/scim/v2/staff", "[::1]:80": "http://[::1]:80/scim/v2/staff",
		`evil"><script>`: "http://localhost/scim/v2/staff", "": "http://localhost/scim/v2/staff", "a/b": "http://localhost/scim/v2/staff",
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = host
		c := &call{g: g, r: r, connection: "staff"}
		if got := c.baseURL(); got != want {
			t.Errorf("%q: %s, want %s", host, got, want)
		}
	}
}

func TestTheUnionKnowsEveryAttributeOnce(t *testing.T) {
	t.Parallel()
	all := union([]*scim.ResourceType{scim.UserType(), scim.GroupType()})
	var names []string
	for _, a := range all.Schema.Attributes {
		names = append(names, a.Name)
	}
	for _, name := range []string{"userName", "displayName", "members", "emails"} {
		if first := slices.Index(names, name); first < 0 || slices.Contains(names[first+1:], name) {
			t.Errorf("%s is there %v", name, names)
		}
	}
}
