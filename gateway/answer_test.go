package gateway_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// answer is what came back.
type answer struct {
	method, path string
	status       int
	header       http.Header
	body         []byte
	json         any
}

var scimTypes = []string{
	"invalidFilter", "tooMany", "uniqueness", "mutability", "invalidSyntax", "invalidPath", "noTarget", "invalidValue",
	"invalidVers", "sensitive", "invalidCursor", "expiredCursor", "invalidCount",
}

// lawful checks what RFC 7643 and 7644 want of every answer, so that it is
// checked of each one that any test sees.
func lawful(t testing.TB, a answer) {
	t.Helper()
	wrong := func(format string, args ...any) {
		t.Helper()
		t.Errorf("%s %s: status %d: %s\n%s", a.method, a.path, a.status, fmt.Sprintf(format, args...), a.body)
	}
	if a.status == http.StatusNoContent || a.status == http.StatusNotModified {
		if len(a.body) > 0 {
			wrong("has a body")
		}
		return
	}
	if got := a.header.Get("Content-Type"); len(a.body) > 0 && got != "application/scim+json" {
		wrong("Content-Type is %q", got)
	}
	if a.status >= 400 && a.method != http.MethodHead {
		if got := a.at("schemas", 0); got != errorURN {
			wrong("the error's schema is %v", got)
		}
		if got := a.at("status"); got != strconv.Itoa(a.status) {
			wrong("the error's status is %#v", got)
		}
		if detail, _ := a.at("detail").(string); detail == "" {
			wrong("the error has no detail")
		}
		if word, _ := a.at("scimType").(string); word != "" && !slices.Contains(scimTypes, word) {
			wrong("scimType is %q", word)
		}
	}
	if a.status == http.StatusUnauthorized && !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Bearer") {
		wrong("WWW-Authenticate is %q", a.header.Get("WWW-Authenticate"))
	}
	if a.status == http.StatusTooManyRequests {
		if _, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil {
			wrong("Retry-After is %q", a.header.Get("Retry-After"))
		}
	}
	eachObject(a.json, func(o object) {
		if _, ok := o["password"]; ok {
			wrong("a password is returned")
		}
		if slices.ContainsFunc(slices.Collect(maps.Values(o)), func(v any) bool { return v == nil }) && a.status < 400 {
			wrong("a null is returned")
		}
		meta, ok := o["meta"].(object)
		if !ok {
			return
		}
		if location, ok := meta["location"].(string); ok && !strings.HasPrefix(location, "http") {
			wrong("meta.location is %q", location)
		}
		if schemas, ok := o["schemas"].(array); !ok || len(schemas) == 0 {
			wrong("a resource has no schemas")
		}
	})
}

// eachObject calls f for every JSON object at any depth.
func eachObject(v any, f func(object)) {
	switch v := v.(type) {
	case object:
		f(v)
		for _, inner := range v {
			eachObject(inner, f)
		}
	case array:
		for _, inner := range v {
			eachObject(inner, f)
		}
	}
}

// at follows names and indexes into the answer: at("emails", 0, "value"); nil
// when there is no such thing.
func (a answer) at(keys ...any) any { return at(a.json, keys...) }

func at(v any, keys ...any) any {
	for _, key := range keys {
		switch key := key.(type) {
		case string:
			o, _ := v.(object)
			v = o[key]
		case int:
			l, _ := v.(array)
			if key >= len(l) {
				return nil
			}
			v = l[key]
		}
	}
	return v
}

// text is a string in the answer, "" when it is none.
func (a answer) text(keys ...any) string {
	s, _ := a.at(keys...).(string)
	return s
}

// want ends the test unless the answer has one of the statuses.
func (a answer) want(t testing.TB, statuses ...int) answer {
	t.Helper()
	if !slices.Contains(statuses, a.status) {
		t.Fatalf("%s %s: status %d, want %v\n%s", a.method, a.path, a.status, statuses, a.body)
	}
	return a
}

// refused ends the test unless the answer is an error of this status and
// scimType ("" for none wanted).
func (a answer) refused(t testing.TB, status int, scimType string) answer {
	t.Helper()
	a.want(t, status)
	if got := a.text("scimType"); got != scimType && scimType != "" {
		t.Fatalf("%s %s: scimType %q, want %q\n%s", a.method, a.path, got, scimType, a.body)
	}
	return a
}

// has compares something in the answer.
func (a answer) has(t testing.TB, want any, keys ...any) answer {
	t.Helper()
	same(t, want, a.at(keys...), fmt.Sprintf("%s %s: %v", a.method, a.path, keys))
	return a
}

// same compares two JSON values.
func same(t testing.TB, want, got any, what string) {
	t.Helper()
	w, err := json.Marshal(want)
	if err != nil {
		t.Fatalf("encode what is wanted: %v", err)
	}
	g, err := json.Marshal(got)
	if err != nil {
		t.Fatalf("encode what there is: %v", err)
	}
	if !bytes.Equal(w, g) {
		t.Errorf("%s is\n%s, want\n%s", what, g, w)
	}
}

// ids of the resources in a list, sorted.
func (a answer) ids(t testing.TB) []string {
	t.Helper()
	ids := a.order(t)
	slices.Sort(ids)
	return ids
}

// order is the ids of the resources in a list as they come.
func (a answer) order(t testing.TB) []string {
	t.Helper()
	a.want(t, http.StatusOK)
	ids := []string{}
	resources, _ := a.at("Resources").(array)
	for i := range resources {
		ids = append(ids, a.text("Resources", i, "id"))
	}
	return ids
}

// members are the values of a group's members, sorted.
func (a answer) members(t testing.TB) []string {
	t.Helper()
	values := []string{}
	list, _ := a.at("members").(array)
	for i := range list {
		values = append(values, a.text("members", i, "value"))
	}
	slices.Sort(values)
	return values
}
