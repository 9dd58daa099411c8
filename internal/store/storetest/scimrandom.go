package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/scim"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// randomWord is one of few texts, so that filters find something: with capitals,
// with what LIKE would take for a wildcard, and with letters of two bytes.
func randomWord(r *rand.Rand) string {
	words := []string{"ada", "Ada", "ADAM", "bob", "a%a", "a_a", "äda", "ÄDA", "k", "o'neil", "x y", "straße", `q"q`, `b\b`, "z"}
	return words[r.IntN(len(words))]
}

func randomUser(r *rand.Rand, n int) scim.Resource {
	d := scim.Resource{"userName": fmt.Sprintf("%s%d", randomWord(r), n)}
	maybe := func(name string, value any) {
		if r.IntN(3) > 0 {
			d[name] = value
		}
	}
	maybe("externalId", randomWord(r))
	maybe("title", randomWord(r))
	maybe("displayName", randomWord(r))
	maybe("active", r.IntN(2) == 0)
	maybe("name", map[string]any{"familyName": randomWord(r), "givenName": randomWord(r)})
	var emails []any
	for range r.IntN(3) {
		email := map[string]any{"value": randomWord(r)}
		if r.IntN(2) == 0 {
			email["type"] = []string{"work", "home"}[r.IntN(2)]
		}
		emails = append(emails, email)
	}
	if len(emails) > 0 {
		d["emails"] = emails
	}
	maybe(scim.EnterpriseUserSchema, map[string]any{"department": randomWord(r)})
	return d
}

func randomFilter(r *rand.Rand, depth int) string {
	switch {
	case depth > 0 && r.IntN(2) == 0:
		return "(" + randomFilter(r, depth-1) + []string{") and (", ") or ("}[r.IntN(2)] + randomFilter(r, depth-1) + ")"
	case depth > 0 && r.IntN(4) == 0:
		return "not (" + randomFilter(r, depth-1) + ")"
	case r.IntN(5) == 0:
		sub := func() string { return randomComparison(r, []string{"value", "type"}) }
		switch r.IntN(4) {
		case 0:
			return "emails[" + sub() + " and " + sub() + "]"
		case 1:
			return "emails[" + sub() + " or not (" + sub() + ")]"
		case 2:
			return "emails[not (" + sub() + ") and type pr]"
		}
		return "emails[" + sub() + "]"
	case r.IntN(8) == 0:
		return []string{"active eq true", "active ne false", "active eq false", "active pr", "title eq null", "title ne null"}[r.IntN(6)]
	}
	return randomComparison(r, []string{"userName", "externalId", "title", "displayName", "name.familyName", "name.givenName", "emails.value", "emails.type", "emails",
		scim.EnterpriseUserSchema + ":department", "department"})
}

func randomComparison(r *rand.Rand, attributes []string) string {
	attribute := attributes[r.IntN(len(attributes))]
	operator := []string{"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"}[r.IntN(10)]
	if operator == "pr" {
		return attribute + " pr"
	}
	word := []rune(randomWord(r))
	switch r.IntN(3) {
	case 0:
		word = word[:1+r.IntN(len(word))]
	case 1:
		word = word[r.IntN(len(word)):]
	}
	text := string(word)
	if attribute == "emails.type" || attribute == "type" {
		text = []string{"work", "WORK", "home", "o"}[r.IntN(4)]
	}
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text)
	return attribute + " " + operator + ` "` + quoted + `"`
}

// randomFilters compares what the database finds with what the evaluation of
// the filter on each document says.
func randomFilters(w *scimWorld) {
	r := rand.New(rand.NewPCG(2026, 3))
	var documents []scim.Resource
	var names []string
	for n := range 60 {
		d := randomUser(r, n)
		if _, err := w.Store.CreateScim(w.ctx, w.write(w.user), d, nil); err != nil {
			conflict := &store.ScimConflictError{}
			if errors.As(err, &conflict) {
				continue
			}
			w.Fatal(err)
		}
		documents = append(documents, d)
		names = append(names, d["userName"].(string))
	}
	found := 0
	for range 250 {
		text := randomFilter(r, 3)
		f, err := scim.ParseFilter(text)
		w.ok(err)
		if f, err = w.user.CheckFilter(f); err != nil {
			w.Fatalf("%s: %v", text, err)
		}
		var want []string
		for i, d := range documents {
			if scim.Matches(f, d, w.user) {
				want = append(want, names[i])
			}
		}
		found += len(want)
		page, err := w.Store.ScimList(w.ctx, store.ScimQuery{ConnectionID: w.conn, Types: []*scim.ResourceType{w.user}, Filter: f, Count: 1000})
		if err != nil {
			w.Fatalf("%s: %v", text, err)
		}
		w.same(text, w.names(page.Resources), want)
		page, err = w.Store.ScimList(w.ctx, store.ScimQuery{ConnectionID: w.conn, Types: []*scim.ResourceType{w.user}, Filter: f, StartIndex: 3, Count: 2})
		w.ok(err)
		w.same("total of "+text, page.Total, int64(len(want)))
		w.same("the third and fourth of "+text, w.names(page.Resources), want[min(2, len(want)):min(4, len(want))])
	}
	if found < 1500 || slices.Contains(names, "") {
		w.Errorf("the filters found only %d resources in all: they try too little", found)
	}
}
