package scim

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
)

// FuzzFilter checks that what is read prints as what reads to the same, in the
// standard's grammar even where it was read leniently, and that a filter that fits
// the schema matches or does not.
func FuzzFilter(f *testing.F) {
	for _, text := range []string{
		`userName eq "bjensen"`, `title pr and not (userType ne "Employee" or emails co "example.com")`,
		`emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp"]`,
		`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq null`,
		`meta.lastModified gt "2011-05-13T04:42:34Z"`, `active eq "False"`, `a gt -1.5e3 and b eq "\"\\\/\u00e9\ud83d\ude00"`,
		`emails[type eq work].value eq a@example.com`, `externalId eq jyoung`, `meta.Created gt 2015-10-10T14:38:21.8617979-07:00`,
		`((((a pr))))`, `not(a pr)`, `members[value eq"2819c223"]`,
	} {
		f.Add(text)
	}
	user := UserType()
	document := patchedDocument(f)
	f.Fuzz(func(t *testing.T, text string) {
		strict, strictErr := ParseFilter(text)
		lenient, lenientErr := ParseFilterLenient(text)
		if strictErr == nil && lenientErr == nil {
			if !reflect.DeepEqual(strict, lenient) {
				t.Errorf("%q is read as %q when read leniently", text, lenient)
			}
		}
		fuzzFilter(t, user, document, text, strict, strictErr)
		fuzzFilter(t, user, document, text, lenient, lenientErr)
	})
}

func fuzzFilter(t *testing.T, user *ResourceType, document Resource, text string, filter Filter, err error) {
	t.Helper()
	if err != nil {
		mustRefuse(t, err)
		return
	}
	printed := filter.String()
	if len(printed) > maxFilterLength {
		return // Printing puts in blanks that were left out.
	}
	again, err := ParseFilter(printed)
	if err != nil {
		t.Fatalf("%q was printed as %q: %v", text, printed, err)
	}
	if !reflect.DeepEqual(filter, again) {
		t.Errorf("%q was printed as %q, which prints as %q", text, printed, again)
	}
	checked, err := user.CheckFilter(filter)
	if err != nil {
		mustRefuse(t, err)
		return
	}
	if Matches(checked, document, user) == Matches(&Not{checked}, document, user) {
		t.Errorf("%q matches and does not", text)
	}
	if again, err := user.CheckFilter(checked); err != nil || again.String() != checked.String() {
		t.Errorf("%q, when checked, checks to %v, %v", checked, again, err)
	}
}

// FuzzPath checks the same of paths, and that each means something in a resource
// type or is refused.
func FuzzPath(f *testing.F) {
	for _, text := range []string{
		`members`, `name.familyName`, `emails[type eq "work"].value`, `members[value eq "x" or value eq "y"]`, `members.$ref`,
		EnterpriseUserSchema, EnterpriseUserSchema + `:manager.value`, EnterpriseUserSchema + `.manager`, `x509Certificates[value eq "x"]`,
	} {
		f.Add(text)
	}
	user := UserType()
	f.Fuzz(func(t *testing.T, text string) {
		path, err := ParsePath(text)
		if err != nil {
			mustRefuse(t, err)
		} else if len(path.String()) <= maxFilterLength {
			again, err := ParsePath(path.String())
			if err != nil {
				t.Fatalf("%q was printed as %q: %v", text, path, err)
			}
			if !reflect.DeepEqual(path, again) {
				t.Errorf("%q was printed as %q, which prints as %q", text, path, again)
			}
		}
		if target, err := user.patchTarget(text); err != nil {
			mustRefuse(t, err)
		} else if target.String() == "" {
			t.Error("a target without a name")
		}
	})
}

// FuzzPatch checks that no body changes the document it is applied to, or makes
// one of it that the type would not accept, store and read.
func FuzzPatch(f *testing.F) {
	for _, operations := range []string{
		`[{"op":"replace","value":{"active":false}}]`,
		`[{"op":"Add","path":"emails[type eq \"other\"].Value","value":"x"},{"op":"Remove","path":"emails[type eq \"work\"]"}]`,
		`[{"op":"replace","value":{"name.givenName":"K","` + EnterpriseUserSchema + `:manager":"m","id":"own"}}]`,
		`[{"op":"add","path":"emails","value":[{"value":"b","type":"work","primary":"True"}]},{"op":"replace","path":"emails.display","value":null}]`,
		`[{"op":"remove","path":"members","value":[{"$ref":null,"value":"x"}]},{"op":"remove","path":"members[display eq \"x\"]"},{"op":"add","path":"members","value":["y"]}]`,
		`[{"op":"remove","path":"` + EnterpriseUserSchema + `"},{"op":"replace","path":"name","value":{"familyName":null}}]`,
		`[{"op":"replace","path":"x509Certificates","value":[{"value":"AAAA"}]},{"op":"remove","path":"x509Certificates[value eq \"AAAA\"]"}]`,
	} {
		f.Add(`{"schemas":["` + PatchOpSchema + `"],"Operations":` + operations + `}`)
	}
	user, group := UserType(), GroupType()
	old := patchedDocument(f)
	oldGroup := Resource{"displayName": "G"}
	f.Fuzz(func(t *testing.T, body string) {
		fuzzPatch(t, user, old, body)
		fuzzPatch(t, group, oldGroup, body)
	})
}

func fuzzPatch(t *testing.T, of *ResourceType, old Resource, body string) {
	t.Helper()
	before := encoded(t, old)
	patch, err := of.ParsePatch([]byte(body))
	if err != nil {
		mustRefuse(t, err)
		return
	}
	patch.OwnID = "own"
	next, changed, members, err := patch.Apply(old)
	if after := encoded(t, old); after != before {
		t.Fatalf("the old document became %s", after)
	}
	if err != nil {
		mustRefuse(t, err)
		return
	}
	text := encoded(t, next)
	if changed == (text == before) {
		t.Errorf("changed is %v, and the document %s", changed, text)
	}
	if err := of.validate(next); err != nil {
		t.Errorf("%s: %v", text, err)
	}
	again, err := ParseResource([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if !equalObjects(next, again) {
		t.Errorf("%s is read as %v", text, again)
	}
	of.Values(next)
	for _, change := range members {
		if !change.Clear && change.RemoveWhere == nil && len(change.Add) == 0 && len(change.Remove) == 0 {
			t.Error("a step that does nothing")
		}
	}
	repeated, _, _, err := patch.Apply(old)
	if err != nil {
		t.Fatal(err)
	}
	if encoded(t, repeated) != text {
		t.Errorf("applied again, it gives %s instead of %s", encoded(t, repeated), text)
	}
}

func encoded(t *testing.T, d Resource) string {
	t.Helper()
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// mustRefuse checks that an error is one for the client.
func mustRefuse(t *testing.T, err error) {
	t.Helper()
	var refused *Error
	if !errors.As(err, &refused) || refused.Status < 400 || refused.Status > 413 || refused.Detail == "" {
		t.Errorf("not a refusal: %v", err)
	}
}
