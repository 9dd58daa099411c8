package gateway_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// three creates three users with a nickName that is the mark, so that a test
// lists only its own.
func three(t *testing.T, c *client, each func(i int) object) (mark string, ids []string) {
	t.Helper()
	mark = c.unique()
	for i := range 3 {
		u := c.user(t, object{"nickName": mark}, each(i))
		ids = append(ids, u.id())
	}
	return mark, ids
}

func plainUser(int) object { return object{} }

func sorted(ids ...string) []string {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return ids
}

// rfc7644Query is sections 3.4.2, .1, .3, .4 and 3.4.3: lists, the root,
// sorting, pages and /.search.
func rfc7644Query() []requirement {
	return []requirement{
		{"3.4.2", "unknown query parameters are ignored", []string{"SHOULD ignore any query parameters they do not recognize"},
			func(t *testing.T, c *client) {
				u := c.user(t)
				c.get(t, "/Users/"+u.id()+"?aadOptscim062020&api-version=7")
				same(t, []string{u.id()}, c.find(t, "/Users", "filter", `id eq "`+u.id()+`"`, "unheardOf", "1").ids(t), "the list")
			}},
		{"3.4.2", "a list is a ListResponse, also without a match", []string{"Responses MUST be identified using the following URI", "SHALL return success (HTTP status code 200) with"},
			func(t *testing.T, c *client) {
				none := c.find(t, "/Users", "filter", `userName eq "nobody at all"`).want(t, 200)
				none.has(t, array{listURN}, "schemas").has(t, 0, "totalResults")
				mark, _ := three(t, c, plainUser)
				a := c.find(t, "/Users", "filter", `nickName eq "`+mark+`"`, "count", "2").want(t, 200)
				a.has(t, array{listURN}, "schemas").has(t, 3, "totalResults").has(t, 2, "itemsPerPage").has(t, 1, "startIndex")
				if got, _ := a.at("Resources").(array); len(got) != 2 {
					t.Errorf("%d resources", len(got))
				}
			}},
		{"3.4.2.1", "the root lists every type", []string{"all resources within the server SHALL be included", "filters MUST be processed as outlined"},
			func(t *testing.T, c *client) {
				mark := c.unique()
				u := c.user(t, object{"displayName": mark})
				g := c.do(t, "POST", "/Groups", object{"schemas": array{groupURN}, "displayName": mark}).want(t, 201)
				d := c.do(t, "POST", "/Devices", object{"schemas": array{deviceURN}, "serialNumber": mark}).want(t, 201)
				of := fmt.Sprintf(`(id eq "%s" or id eq "%s" or id eq "%s")`, u.id(), g.id(), d.id())
				for _, root := range []string{"/", ""} {
					same(t, sorted(u.id(), g.id(), d.id()), c.find(t, root, "filter", of).ids(t), "all types at "+root)
				}
				same(t, sorted(u.id(), g.id()), c.find(t, "/", "filter", `displayName eq "`+mark+`"`).ids(t), "by displayName")
				same(t, []string{g.id()}, c.find(t, "/", "filter", of+` and meta.resourceType eq "Group"`).ids(t), "groups")
				same(t, sorted(u.id(), d.id()), c.find(t, "/", "filter", of+` and not (meta.resourceType eq "Group")`).ids(t), "not groups")
			}},
		{"3.4.2.1", "an attribute that a type does not have is one without a value", []string{"SHALL treat the attribute as if there is no attribute value"},
			func(t *testing.T, c *client) {
				u, g := c.user(t), c.group(t)
				of := fmt.Sprintf(`(id eq "%s" or id eq "%s")`, u.id(), g.id())
				same(t, []string{u.id()}, c.find(t, "/", "filter", of+` and userName pr`).ids(t), "userName pr")
				same(t, []string{g.id()}, c.find(t, "/", "filter", of+` and not (userName pr)`).ids(t), "not (userName pr)")
			}},
		{"3.4.2.3", "sortBy orders, ascending unless it says otherwise, ignoring case where the attribute does", []string{
			"specifies the attribute whose value SHALL be used to order", `"sortOrder" SHALL default to ascending`, `"sortOrder" MUST sort according to the attribute type`,
		},
			func(t *testing.T, c *client) {
				mark := c.unique()
				titles := []string{"beta", "Alpha", "ÉTOILE", "gamma"}
				byTitle := map[string]string{}
				for _, title := range titles {
					byTitle[title] = c.user(t, object{"nickName": mark, "title": title}).id()
				}
				none := c.user(t, object{"nickName": mark}).id()
				want := []string{byTitle["Alpha"], byTitle["beta"], byTitle["gamma"], byTitle["ÉTOILE"]}
				sort := func(more ...string) []string {
					return c.find(t, "/Users", append([]string{"filter", `nickName eq "` + mark + `"`, "sortBy"}, more...)...).order(t)
				}
				same(t, append(slices.Clone(want), none), sort("title"), "the default order")
				same(t, append(slices.Clone(want), none), sort("TITLE", "sortOrder", "ascending"), "ascending, without a value last")
				slices.Reverse(want)
				same(t, append([]string{none}, want...), sort("title", "sortOrder", "descending"), "descending, without a value first")
			}},
		{"3.4.2.3", "a multi-valued attribute sorts by its primary, or its first, value", nil, func(t *testing.T, c *client) {
			email := func(value string, primary bool) object {
				return object{"value": value + "@example.com", "primary": primary, "type": map[bool]string{true: "work", false: "home"}[primary]}
			}
			mark, ids := three(t, c, func(i int) object {
				return []object{
					{"emails": array{email("a", false), email("m", true)}},
					{"emails": array{email("b", true), email("z", false)}},
					{"emails": array{object{"value": "c@example.com"}, object{"value": "a@example.com"}}},
				}[i]
			})
			want := []string{ids[1], ids[2], ids[0]}
			for _, by := range []string{"emails", "emails.value"} {
				same(t, want, c.find(t, "/Users", "filter", `nickName eq "`+mark+`"`, "sortBy", by).order(t), by)
			}
		}},
		{"3.4.2.3", "names and numbers sort as such", nil, func(t *testing.T, c *client) {
			mark, ids := three(t, c, func(i int) object {
				o := badge(object{"level": []int{100, 9, -3}[i]})
				o["name"] = object{"familyName": []string{"Öz", "oak", "Ng"}[i]}
				return o
			})
			filter := `nickName eq "` + mark + `"`
			same(t, []string{ids[2], ids[1], ids[0]}, c.find(t, "/Users", "filter", filter, "sortBy", badgeURN+":level").order(t), "numbers")
			same(t, []string{ids[2], ids[1], ids[0]}, c.find(t, "/Users", "filter", filter, "sortBy", "name.familyName").order(t), "names")
			same(t, []string{ids[0], ids[1], ids[2]}, c.find(t, "/Users", "filter", filter, "sortBy", "meta.created").order(t), "dates")
		}},
		{"3.4.2.4", "startIndex below 1 is 1, a negative count is 0, and a page has no more than count", []string{"value less than 1 SHALL be", "MUST NOT return more", "SHALL be interpreted as"},
			func(t *testing.T, c *client) {
				mark, ids := three(t, c, plainUser)
				page := func(pairs ...string) answer {
					return c.find(t, "/Users", append([]string{"filter", `nickName eq "` + mark + `"`}, pairs...)...).want(t, 200)
				}
				all := page().order(t)
				same(t, sorted(ids...), sorted(all...), "all of them")
				for _, start := range []string{"0", "-7", "1"} {
					page("startIndex", start, "count", "2").has(t, 1, "startIndex").has(t, 3, "totalResults")
					same(t, all[:2], page("startIndex", start, "count", "2").order(t), "from "+start)
				}
				same(t, all[2:], page("startIndex", "3", "count", "2").order(t), "the last page")
				page("startIndex", "3", "count", "2").has(t, 1, "itemsPerPage").has(t, 3, "startIndex")
				for _, count := range []string{"0", "-1"} {
					page("count", count).has(t, 3, "totalResults").has(t, 0, "itemsPerPage")
					same(t, []string{}, page("count", count).order(t), "count="+count)
				}
				same(t, []string{}, page("startIndex", "9").order(t), "beyond the end")
				c.find(t, "/Users", "count", "many").refused(t, 400, "invalidValue")
				c.find(t, "/Users", "startIndex", "x").refused(t, 400, "invalidValue")
			}},
		{"3.4.2.4", "pages together have each resource once", nil, func(t *testing.T, c *client) {
			mark, ids := three(t, c, plainUser)
			var seen []string
			for start := 1; start <= 3; start++ {
				seen = append(seen, c.find(t, "/Users", "filter", `nickName eq "`+mark+`"`, "startIndex", fmt.Sprint(start), "count", "1").order(t)...)
			}
			same(t, sorted(ids...), sorted(seen...), "the pages")
		}},
		{"3.4.3", "POST /.search is a query, at the root and at each type", []string{
			`SHALL be used to indicate that the HTTP POST verb is intended to be a query operation`, "Query requests MUST be identified using",
			"The filter string MUST be a valid filter", "sortBy  A string indicating the attribute whose value SHALL be used",
		},
			func(t *testing.T, c *client) {
				mark, ids := three(t, c, func(i int) object { return object{"title": []string{"c", "a", "b"}[i]} })
				body := object{
					"schemas": array{searchURN}, "filter": `nickName eq "` + mark + `"`, "sortBy": "title", "sortOrder": "descending",
					"startIndex": 1, "count": 2, "attributes": array{"title"},
				}
				for _, path := range []string{"/.search", "/Users/.search"} {
					a := c.do(t, "POST", path, body).want(t, 200)
					same(t, []string{ids[0], ids[2]}, a.order(t), path)
					a.has(t, array{listURN}, "schemas").has(t, 3, "totalResults").has(t, "c", "Resources", 0, "title").has(t, nil, "Resources", 0, "userName")
				}
				c.do(t, "POST", "/Groups/.search", object{"schemas": array{searchURN}, "filter": `displayName eq "` + mark + `"`}).want(t, 200).has(t, 0, "totalResults")
				c.do(t, "POST", "/Users/.search", object{"schemas": array{searchURN}, "filter": `nickName zz "x"`}).refused(t, 400, "invalidFilter")
				c.do(t, "POST", "/Users/.search", `{"schemas":`).refused(t, 400, "invalidSyntax")
				excluded := object{"schemas": array{searchURN}, "filter": `nickName eq "` + mark + `"`, "excludedAttributes": array{"title", "id"}}
				a := c.do(t, "POST", "/Users/.search", excluded).want(t, 200)
				if a.at("Resources", 0, "title") != nil || a.text("Resources", 0, "id") == "" {
					t.Errorf("excludedAttributes in /.search: %s", a.body)
				}
			}},
		{"3.4.2", "filters hold what people write in them", nil, func(t *testing.T, c *client) {
			for _, name := range []string{`a+b@example.com`, `o'hara@example.com`, `back\slash`, `quo"te`, `ünï@example.com`, `100%@example.com`, `a_b%c@example.com`, "日本@example.com"} {
				name = c.unique() + name
				u := c.user(t, object{"userName": name})
				quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name)
				same(t, []string{u.id()}, c.find(t, "/Users", "filter", `userName eq "`+quoted+`"`).ids(t), name)
				same(t, []string{u.id()}, c.find(t, "/Users", "filter", `userName co "`+quoted+`"`).ids(t), name+" with co")
			}
		}},
		{"3.4.2", "HEAD is GET without a body", nil, func(t *testing.T, c *client) {
			u := c.user(t)
			a := c.do(t, http.MethodHead, "/Users/"+u.id(), nil).want(t, 200)
			if len(a.body) > 0 || a.header.Get("ETag") == "" {
				t.Errorf("body %q, ETag %q", a.body, a.header.Get("ETag"))
			}
		}},
	}
}
