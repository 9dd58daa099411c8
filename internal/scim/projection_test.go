package scim

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ann is a user as a client is shown one.
func ann() map[string]any {
	return map[string]any{
		"schemas": []any{UserSchema, EnterpriseUserSchema}, "id": "1", "externalId": "e", "userName": "ann",
		"name":   map[string]any{"givenName": "Ann", "familyName": "Lee"},
		"emails": []any{map[string]any{"value": "a@x", "type": "work"}, map[string]any{"type": "home"}},
		"groups": []any{map[string]any{"value": "g"}},
		"meta":   map[string]any{"resourceType": "User", "version": "1"},
		EnterpriseUserSchema: map[string]any{
			"department": "D", "manager": map[string]any{"value": "m", "displayName": "Boss"},
		},
	}
}

// without is ann without some of her attributes.
func without(names ...string) map[string]any {
	a := ann()
	for _, name := range names {
		delete(a, name)
	}
	return a
}

func TestProjectionOfUser(t *testing.T) {
	t.Parallel()
	schemas := []any{UserSchema, EnterpriseUserSchema}
	tests := []struct {
		name             string
		attributes, less []string
		want             map[string]any
	}{
		{"nothing asked for", nil, nil, ann()},
		{"empty parameters ask for nothing", []string{""}, []string{" , "}, ann()},
		{"RFC 7644 §3.9: only what is asked for, and what is always returned", []string{"userName"}, nil,
			map[string]any{"schemas": schemas, "id": "1", "userName": "ann"}},
		{"RFC 7644 §3.10: names ignore case, may have commas and URNs", []string{"USERNAME, " + UserSchema + ":externalId"}, nil,
			map[string]any{"schemas": schemas, "id": "1", "userName": "ann", "externalId": "e"}},
		{"sub-attributes", []string{"name.familyName", "emails.value"}, nil,
			map[string]any{"schemas": schemas, "id": "1", "name": map[string]any{"familyName": "Lee"}, "emails": []any{map[string]any{"value": "a@x"}}}},
		{"an attribute and one of its sub-attributes", []string{"name.familyName", "name"}, nil,
			map[string]any{"schemas": schemas, "id": "1", "name": map[string]any{"givenName": "Ann", "familyName": "Lee"}}},
		{"an attribute of an extension", []string{EnterpriseUserSchema + ":department"}, nil,
			map[string]any{"schemas": schemas, "id": "1", EnterpriseUserSchema: map[string]any{"department": "D"}}},
		{"a sub-attribute of an extension", []string{EnterpriseUserSchema + ":manager.value"}, nil,
			map[string]any{"schemas": schemas, "id": "1", EnterpriseUserSchema: map[string]any{"manager": map[string]any{"value": "m"}}}},
		{"an extension", []string{EnterpriseUserSchema}, nil,
			map[string]any{"schemas": schemas, "id": "1", EnterpriseUserSchema: ann()[EnterpriseUserSchema]}},
		{"a part of meta", []string{"meta.version"}, nil,
			map[string]any{"schemas": schemas, "id": "1", "meta": map[string]any{"version": "1"}}},
		{"unknown names show nothing more", []string{"nothing", "a b", "urn:x:y"}, nil, map[string]any{"schemas": schemas, "id": "1"}},
		{"RFC 7643 §7: a password is never returned", []string{"password"}, nil, map[string]any{"schemas": schemas, "id": "1"}},
		{"RFC 7644 §3.9: all but what is excluded", nil, []string{"groups", "name"}, without("groups", "name")},
		{"RFC 7643 §7: what is always returned cannot be excluded", nil, []string{"id", "schemas", "meta"}, without("meta")},
		{"an extension excluded", nil, []string{EnterpriseUserSchema}, without(EnterpriseUserSchema)},
		{"all of an attribute excluded by its parts", nil, []string{"name.givenName", "name.familyName"}, without("name")},
		{"unknown names exclude nothing", nil, []string{"nothing"}, ann()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			user := UserType()
			p, err := user.ParseProjection(tt.attributes, tt.less)
			if err != nil {
				t.Fatal(err)
			}
			full := ann()
			full["password"] = "x"
			if p.All() {
				delete(full, "password") // which a document never has
			}
			if diff := cmp.Diff(tt.want, p.Apply(user, full)); diff != "" {
				t.Errorf("shown (-want +got):\n%s", diff)
			}
			delete(full, "password")
			if diff := cmp.Diff(ann(), full); diff != "" {
				t.Errorf("the resource was changed (-was +is):\n%s", diff)
			}
		})
	}
	t.Run("RFC 7644 §3.9: attributes and excludedAttributes exclude each other", func(t *testing.T) {
		t.Parallel()
		_, err := UserType().ParseProjection([]string{"userName"}, []string{"name"})
		isRefusal(t, err, InvalidValue)
	})
}

func TestProjectionSaysWhatNeedNotBeRead(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name             string
		attributes, less []string
		all, members     bool
	}{
		{"nothing asked for", nil, nil, true, true},
		{"Entra: excludedAttributes=members", nil, []string{"Members"}, false, false},
		{"a part of members excluded", nil, []string{"members.display"}, false, true},
		{"something else excluded", nil, []string{"displayName"}, false, true},
		{"only something else", []string{"displayName"}, nil, false, false},
		{"only unknown names", []string{"nothing"}, nil, false, false},
		{"members", []string{"members"}, nil, false, true},
		{"a part of members", []string{"members.value"}, nil, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, err := GroupType().ParseProjection(tt.attributes, tt.less)
			if err != nil {
				t.Fatal(err)
			}
			if p.All() != tt.all || p.Wants("members") != tt.members {
				t.Errorf("all %v, members %v", p.All(), p.Wants("members"))
			}
		})
	}
	var none *Projection
	if !none.All() || !none.Wants("members") {
		t.Error("no projection does not stand for everything")
	}
}

func TestProjectionHidesEachKindByItself(t *testing.T) {
	t.Parallel()
	for _, returned := range []Returned{ReturnedNever, ReturnedRequest} {
		thing := &ResourceType{Schema: &Schema{ID: "urn:x:Thing", Attributes: []Attribute{
			{Name: "a", Type: Complex, SubAttributes: []Attribute{{Name: "b", Type: String, Returned: returned}}},
		}}}
		p, err := thing.ParseProjection(nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if p.All() {
			t.Errorf("a document with what is returned on %s may be shown as it is", returned)
		}
	}
}

func TestProjectionByReturned(t *testing.T) {
	t.Parallel()
	full := func() map[string]any {
		return map[string]any{
			"id": "1", "serial": "S", "label": "L", "secretNote": "n", "history": "h",
			"doors":  []any{map[string]any{"value": "a", "note": "x"}},
			"holder": map[string]any{"value": "h", "kind": "k"},
			site:     map[string]any{"building": "B"},
		}
	}
	for _, tt := range []struct {
		name             string
		attributes, less []string
		want             map[string]any
	}{
		{"RFC 7643 §7: by default neither what is never returned nor what is on request", nil, nil,
			map[string]any{"id": "1", "serial": "S", "label": "L", "doors": []any{map[string]any{"value": "a"}}, "holder": map[string]any{"value": "h", "kind": "k"}, site: map[string]any{"building": "B"}}},
		{"RFC 7643 §7: what is on request, by its name", []string{"history", "secretNote"}, nil,
			map[string]any{"id": "1", "label": "L", "history": "h"}},
		{"a sub-attribute on request", []string{"doors.note"}, nil,
			map[string]any{"id": "1", "label": "L", "doors": []any{map[string]any{"note": "x"}}}},
		{"a whole attribute does not bring it along", []string{"doors"}, nil,
			map[string]any{"id": "1", "label": "L", "doors": []any{map[string]any{"value": "a"}}}},
		{"a sub-attribute that is always returned comes with another", []string{"holder.value"}, nil,
			map[string]any{"id": "1", "label": "L", "holder": map[string]any{"value": "h", "kind": "k"}}},
		{"and cannot be excluded alone", nil, []string{"holder.kind", "label", site, "doors", "serial"},
			map[string]any{"id": "1", "label": "L", "holder": map[string]any{"value": "h", "kind": "k"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, err := badge().ParseProjection(tt.attributes, tt.less)
			if err != nil {
				t.Fatal(err)
			}
			if p.All() {
				t.Error("the stored document cannot be shown as it is")
			}
			if diff := cmp.Diff(tt.want, p.Apply(badge(), full())); diff != "" {
				t.Errorf("shown (-want +got):\n%s", diff)
			}
		})
	}
}
