package scim

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// patched applies operations to a document, both as JSON.
func patched(t *testing.T, of *ResourceType, document, operations string) (Resource, bool, error) {
	t.Helper()
	old, err := ParseResource([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	before, err := old.Encode()
	if err != nil {
		t.Fatal(err)
	}
	patch, err := of.ParsePatch([]byte(`{"schemas":["` + PatchOpSchema + `"],"Operations":` + operations + `}`))
	if err != nil {
		return nil, false, err
	}
	patch.OwnID = "own"
	next, changed, _, err := patch.Apply(old)
	after, encodeErr := old.Encode()
	if encodeErr != nil || string(before) != string(after) {
		t.Errorf("the old document became %s (%v)", after, encodeErr)
	}
	return next, changed, err
}

const patchedUser = `{"userName":"ada","active":true,"title":"Analyst","name":{"givenName":"Ada","familyName":"Byron"},
	"emails":[{"value":"a@example.com","type":"work","primary":true},{"value":"a@home.example","type":"home"}],
	"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Engines","manager":{"value":"1"}}}`

// RFC 7644, sections 3.5.2.1 to 3.5.2.3. "want" has the attributes that differ
// from patchedUser; null is one that is gone.
func TestPatchChangesTheDocument(t *testing.T) {
	t.Parallel()
	work, home := `{"value":"a@example.com","type":"work","primary":true}`, `{"value":"a@home.example","type":"home"}`
	enterprise := func(inner string) string { return `{"` + EnterpriseUserSchema + `":` + inner + `}` }
	for name, c := range map[string]struct{ operations, want string }{
		"add sets a single value that is not there": {`[{"op":"add","path":"nickName","value":"A"}]`, `{"nickName":"A"}`},
		"add replaces a single value":               {`[{"op":"add","path":"title","value":"Countess"}]`, `{"title":"Countess"}`},
		"replace sets a value that is not there":    {`[{"op":"replace","path":"nickName","value":"A"}]`, `{"nickName":"A"}`},
		"add of a complex value merges":             {`[{"op":"add","path":"name","value":{"middleName":"K"}}]`, `{"name":{"givenName":"Ada","familyName":"Byron","middleName":"K"}}`},
		"replace of a complex value merges":         {`[{"op":"replace","path":"name","value":{"familyName":"King"}}]`, `{"name":{"givenName":"Ada","familyName":"King"}}`},
		"a null within a complex value unassigns":   {`[{"op":"replace","path":"name","value":{"familyName":null,"middleName":""}}]`, `{"name":{"givenName":"Ada"}}`},
		"a null within what is added adds nothing":  {`[{"op":"add","path":"name","value":{"familyName":null,"middleName":"K"}}]`, `{"name":{"givenName":"Ada","familyName":"Byron","middleName":"K"}}`},
		"a sub-attribute":                           {`[{"op":"replace","path":"name.familyName","value":"King"}]`, `{"name":{"givenName":"Ada","familyName":"King"}}`},
		"remove of a sub-attribute":                 {`[{"op":"remove","path":"name.familyName"}]`, `{"name":{"givenName":"Ada"}}`},
		"the last sub-attribute takes the rest":     {`[{"op":"remove","path":"name.familyName"},{"op":"remove","path":"name.givenName"}]`, `{"name":null}`},
		"remove of a single value":                  {`[{"op":"remove","path":"title"}]`, `{"title":null}`},
		"remove of what is not there":               {`[{"op":"remove","path":"nickName"}]`, `{}`},
		"replace by null unassigns":                 {`[{"op":"replace","path":"title","value":null}]`, `{"title":null}`},
		"replace by an empty string unassigns":      {`[{"op":"replace","path":"title","value":""}]`, `{"title":null}`},
		"replace of a complex value by null":        {`[{"op":"replace","path":"name","value":null}]`, `{"name":null}`},
		"add of null adds nothing":                  {`[{"op":"add","path":"title","value":null}]`, `{}`},
		"add appends to many":                       {`[{"op":"add","path":"emails","value":[{"value":"b@example.com","type":"other"}]}]`, `{"emails":[` + work + `,` + home + `,{"value":"b@example.com","type":"other"}]}`},
		"add of what is there changes nothing":      {`[{"op":"add","path":"emails","value":[` + home + `]}]`, `{}`},
		"add of a known value and type merges":      {`[{"op":"add","path":"emails","value":{"value":"a@home.example","type":"home","display":"Home"}}]`, `{"emails":[` + work + `,{"value":"a@home.example","type":"home","display":"Home"}]}`},
		"add of a known value with another type":    {`[{"op":"add","path":"emails","value":{"value":"a@home.example","type":"other"}}]`, `{"emails":[` + work + `,` + home + `,{"value":"a@home.example","type":"other"}]}`},
		"replace of many":                           {`[{"op":"replace","path":"emails","value":[{"value":"b@example.com"}]}]`, `{"emails":[{"value":"b@example.com"}]}`},
		"replace of many by nothing":                {`[{"op":"replace","path":"emails","value":[]}]`, `{"emails":null}`},
		"remove of many":                            {`[{"op":"remove","path":"emails"}]`, `{"emails":null}`},
		"remove of many by a list":                  {`[{"op":"remove","path":"emails","value":[{"value":"a@home.example"}]}]`, `{"emails":[` + work + `]}`},
		"remove of many by an empty list":           {`[{"op":"remove","path":"emails","value":[]}]`, `{}`},
		"brackets, replace":                         {`[{"op":"replace","path":"emails[type eq \"work\"]","value":{"value":"b@example.com"}}]`, `{"emails":[{"value":"b@example.com","type":"work"},` + home + `]}`},
		"brackets, replace keeps no primary":        {`[{"op":"replace","path":"emails[type eq \"work\" and primary eq true]","value":{"value":"b@example.com"}}]`, `{"emails":[{"value":"b@example.com","type":"work"},` + home + `]}`},
		"brackets, replace keeps only what eq says": {`[{"op":"replace","path":"emails[type sw \"wo\"]","value":{"value":"b@example.com"}}]`, `{"emails":[{"value":"b@example.com"},` + home + `]}`},
		"brackets, add":                             {`[{"op":"add","path":"emails[type eq \"work\"]","value":{"display":"W"}}]`, `{"emails":[{"value":"a@example.com","type":"work","primary":true,"display":"W"},` + home + `]}`},
		"brackets, remove":                          {`[{"op":"remove","path":"emails[type eq \"work\" and value ew \"example.com\"]"}]`, `{"emails":[` + home + `]}`},
		"brackets, remove of the last":              {`[{"op":"remove","path":"emails[value pr]"}]`, `{"emails":null}`},
		"brackets and a sub-attribute":              {`[{"op":"replace","path":"emails[type eq \"work\"].value","value":"b@example.com"}]`, `{"emails":[{"value":"b@example.com","type":"work","primary":true},` + home + `]}`},
		"brackets that select several":              {`[{"op":"replace","path":"emails[value co \"a@\"].display","value":"A"}]`, `{"emails":[{"value":"a@example.com","type":"work","primary":true,"display":"A"},{"value":"a@home.example","type":"home","display":"A"}]}`},
		"brackets, remove of a sub-attribute":       {`[{"op":"remove","path":"emails[type eq \"work\"].primary"}]`, `{"emails":[{"value":"a@example.com","type":"work"},` + home + `]}`},
		"a value left with its type only goes":      {`[{"op":"remove","path":"emails[type eq \"work\"].value"}]`, `{"emails":[` + home + `]}`},
		"a sub-attribute of all values":             {`[{"op":"replace","path":"emails.display","value":"A"}]`, `{"emails":[{"value":"a@example.com","type":"work","primary":true,"display":"A"},{"value":"a@home.example","type":"home","display":"A"}]}`},
		"a sub-attribute of no value makes one":     {`[{"op":"add","path":"phoneNumbers.value","value":"1"}]`, `{"phoneNumbers":[{"value":"1"}]}`},
		"primary passes on by add":                  {`[{"op":"add","path":"emails","value":[{"value":"b@example.com","primary":true}]}]`, `{"emails":[{"value":"a@example.com","type":"work","primary":false},` + home + `,{"value":"b@example.com","primary":true}]}`},
		"primary passes on by brackets":             {`[{"op":"replace","path":"emails[type eq \"home\"].primary","value":true}]`, `{"emails":[{"value":"a@example.com","type":"work","primary":false},{"value":"a@home.example","type":"home","primary":true}]}`},
		"primary passes on to what is made":         {`[{"op":"add","path":"emails[type eq \"other\"]","value":{"value":"b@example.com","primary":true}}]`, `{"emails":[{"value":"a@example.com","type":"work","primary":false},` + home + `,{"value":"b@example.com","type":"other","primary":true}]}`},
		"no path":                                   {`[{"op":"add","value":{"emails":[{"value":"b@example.com"}],"nickname":"A"}}]`, `{"nickName":"A","emails":[` + work + `,` + home + `,{"value":"b@example.com"}]}`},
		"no path, replace":                          {`[{"op":"replace","value":{"emails":[{"value":"b@example.com"}],"title":null}}]`, `{"title":null,"emails":[{"value":"b@example.com"}]}`},
		"no path, what the type does not have":      {`[{"op":"add","value":{"shoeSize":44,"urn:x:y:z":{"a":1},"title":"T"}}]`, `{"title":"T"}`},
		"an extension's attribute":                  {`[{"op":"add","path":"` + EnterpriseUserSchema + `:employeeNumber","value":"7"}]`, enterprise(`{"department":"Engines","manager":{"value":"1"},"employeeNumber":"7"}`)},
		"an extension without a path":               {`[{"op":"replace","value":{"` + EnterpriseUserSchema + `":{"department":"D","manager":null}}}]`, enterprise(`{"department":"D"}`)},
		"an extension as the path":                  {`[{"op":"add","path":"` + EnterpriseUserSchema + `","value":{"division":"X"}}]`, enterprise(`{"department":"Engines","manager":{"value":"1"},"division":"X"}`)},
		"an extension goes with its last":           {`[{"op":"remove","path":"department"},{"op":"remove","path":"manager"}]`, enterprise(`null`)},
		"remove of an extension":                    {`[{"op":"remove","path":"` + EnterpriseUserSchema + `"}]`, enterprise(`null`)},
		"the core schema's URN":                     {`[{"op":"replace","path":"` + UserSchema + `:title","value":"T"}]`, `{"title":"T"}`},
		"the core schema's URN as a key":            {`[{"op":"replace","value":{"` + UserSchema + `":{"title":"T"}}}]`, `{"title":"T"}`},
		"operations are applied in order":           {`[{"op":"remove","path":"title"},{"op":"add","path":"title","value":"A"},{"op":"replace","path":"title","value":"B"}]`, `{"title":"B"}`},
		"operations that come to nothing":           {`[{"op":"replace","path":"title","value":"B"},{"op":"replace","path":"title","value":"Analyst"}]`, `{}`},
		"a password is checked and dropped":         {`[{"op":"replace","path":"password","value":"hush"},{"op":"replace","path":"password","value":null},{"op":"remove","path":"password"},{"op":"add","value":{"password":"hush"}}]`, `{}`},
		"schemas follow from the attributes":        {`[{"op":"add","path":"schemas","value":["urn:x"]}]`, `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, changed, err := patched(t, UserType(), patchedUser, c.operations)
			if err != nil {
				t.Fatal(err)
			}
			want, err := ParseResource([]byte(patchedUser))
			if err != nil {
				t.Fatal(err)
			}
			differs, err := ParseResource([]byte(c.want))
			if err != nil {
				t.Fatal(err)
			}
			for name, value := range differs {
				if want[name] = value; value == nil {
					delete(want, name)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if changed != (len(differs) > 0) {
				t.Errorf("changed is %v", changed)
			}
		})
	}
}

// RFC 7644, sections 3.5.2 and 3.12.
func TestPatchIsRefused(t *testing.T) {
	t.Parallel()
	many := make([]string, 1001)
	for i := range many {
		many[i] = fmt.Sprintf(`{"value":"%d"}`, i)
	}
	for name, c := range map[string]struct {
		operations string
		scimType   string
		says       string
	}{
		"no operation":                          {`[]`, InvalidSyntax, `at least one operation`},
		"operations that are no array":          {`{"op":"add"}`, InvalidSyntax, `array`},
		"an operation that is no object":        {`["add"]`, InvalidSyntax, `operation 1`},
		"no op":                                 {`[{"path":"title","value":"x"}]`, InvalidSyntax, `op must be`},
		"an unknown op":                         {`[{"op":"add","path":"title","value":"x"},{"op":"copy","path":"title","value":"x"}]`, InvalidSyntax, `operation 2: op must be`},
		"a path that is no string":              {`[{"op":"add","path":1,"value":"x"}]`, InvalidPath, `a number where a string is due`},
		"add without a value":                   {`[{"op":"add","path":"title"}]`, InvalidValue, `add needs a value`},
		"replace without a value":               {`[{"op":"replace","path":"title"}]`, InvalidValue, `replace needs a value`},
		"no path and no object":                 {`[{"op":"replace","value":"x"}]`, InvalidValue, `must be an object`},
		"remove without a path":                 {`[{"op":"remove","value":{"title":"x"}}]`, NoTarget, `remove needs a path`},
		"an unknown attribute":                  {`[{"op":"add","path":"shoeSize","value":1}]`, InvalidPath, `shoeSize`},
		"an unknown sub-attribute":              {`[{"op":"add","path":"name.shoe","value":"x"}]`, InvalidPath, `shoe`},
		"an unknown one after brackets":         {`[{"op":"add","path":"emails[type eq \"work\"].shoe","value":"x"}]`, InvalidPath, `shoe`},
		"a path that cannot be read":            {`[{"op":"add","path":"name..x","value":"x"}]`, InvalidPath, `not the name of an attribute`},
		"a filter that cannot be read":          {`[{"op":"remove","path":"emails[type is \"work\"]"}]`, InvalidFilter, `expected an operator`},
		"a filter that does not fit":            {`[{"op":"remove","path":"emails[primary gt true]"}]`, InvalidFilter, `operator gt`},
		"brackets after a single value":         {`[{"op":"remove","path":"name[familyName eq \"x\"]"}]`, InvalidPath, `cannot have brackets`},
		"a wrong type":                          {`[{"op":"add","path":"title","value":7}]`, InvalidValue, `title`},
		"a boolean that is none":                {`[{"op":"replace","path":"active","value":"maybe"}]`, InvalidValue, `active`},
		"two values for one":                    {`[{"op":"replace","path":"title","value":["a","b"]}]`, InvalidValue, `title`},
		"a string for a complex value":          {`[{"op":"replace","path":"name","value":"Ada Byron"}]`, InvalidValue, `name`},
		"remove of what is required":            {`[{"op":"remove","path":"userName"}]`, MutabilityViolated, `userName is required`},
		"null for what is required":             {`[{"op":"replace","path":"userName","value":null}]`, MutabilityViolated, `userName is required`},
		"blanks for what is required":           {`[{"op":"replace","path":"userName","value":"  "}]`, InvalidValue, `userName`},
		"removing and adding what is required":  {`[{"op":"remove","path":"userName"},{"op":"add","path":"userName","value":"x"}]`, MutabilityViolated, `operation 1`},
		"readOnly with a path":                  {`[{"op":"replace","path":"meta.created","value":"2026-01-31T09:00:00Z"}]`, MutabilityViolated, `meta.created is readOnly`},
		"readOnly groups with a path":           {`[{"op":"add","path":"groups","value":[{"value":"1"}]}]`, MutabilityViolated, `groups is readOnly`},
		"remove of the id":                      {`[{"op":"remove","path":"id"}]`, MutabilityViolated, `id is readOnly`},
		"remove of schemas":                     {`[{"op":"remove","path":"schemas"}]`, MutabilityViolated, `schemas is readOnly`},
		"another id":                            {`[{"op":"replace","value":{"id":"other"}}]`, MutabilityViolated, `id is readOnly`},
		"another id with a path":                {`[{"op":"replace","path":"id","value":"other"}]`, MutabilityViolated, `id is readOnly`},
		"readOnly sub-attribute":                {`[{"op":"replace","path":"` + EnterpriseUserSchema + `:manager.displayName","value":"x"}]`, MutabilityViolated, `manager.displayName is readOnly`},
		"brackets that select nothing":          {`[{"op":"replace","path":"emails[value eq \"nobody@example.com\"].display","value":"x"}]`, NoTarget, `emails[…].display selects no value`},
		"the same, to remove":                   {`[{"op":"remove","path":"emails[value eq \"nobody@example.com\"]"}]`, NoTarget, `emails[…] selects no value`},
		"a type that is not canonical":          {`[{"op":"replace","path":"emails[type eq \"den\"].value","value":"x"}]`, NoTarget, `selects no value`},
		"a type and more":                       {`[{"op":"add","path":"emails[type eq \"other\" and primary eq true].value","value":"x"}]`, NoTarget, `selects no value`},
		"two primaries in one value":            {`[{"op":"replace","path":"emails","value":[{"value":"a","primary":true},{"value":"b","primary":true}]}]`, InvalidValue, `only one value can be primary`},
		"primary for several by brackets":       {`[{"op":"replace","path":"emails[value pr].primary","value":true}]`, InvalidValue, `only one value can be primary`},
		"more than 1,000 values":                {`[{"op":"add","path":"emails","value":[` + strings.Join(many, ",") + `]}]`, InvalidValue, `more than 1000 values`},
		"an empty password":                     {`[{"op":"replace","path":"password","value":""}]`, InvalidValue, `password takes a string`},
		"a password that is no string":          {`[{"op":"replace","path":"password","value":[1815]}]`, InvalidValue, `"password" takes a string, not a number`},
		"a value for a whole schema":            {`[{"op":"add","path":"` + EnterpriseUserSchema + `","value":"x"}]`, InvalidValue, `takes an object`},
		"a value path in a key that is unknown": {`[{"op":"add","value":{"emails[shoe eq 1].value":"x"}}]`, InvalidFilter, `shoe`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := patched(t, UserType(), patchedUser, c.operations)
			wantRefusal(t, err, 400, c.scimType, c.says)
			for _, personal := range []string{"nobody@", "Ada", "1815", "maybe"} {
				if strings.Contains(err.Error(), personal) {
					t.Errorf("the refusal repeats a value: %v", err)
				}
			}
		})
	}
}

func TestPatchBodyIsRefused(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"no JSON": `{"Operations":`, "no object": `[]`, "no Operations": `{"schemas":["` + PatchOpSchema + `"]}`,
		"null": `{"Operations":null}`, "more than one value": `{"Operations":[{"op":"remove","path":"title"}]} {}`,
	} {
		_, err := UserType().ParsePatch([]byte(body))
		t.Log(name)
		wantRefusal(t, err, 400, InvalidSyntax, "")
	}
	_, err := UserType().ParsePatch([]byte(`{"Operations":[` + strings.TrimSuffix(strings.Repeat(`{"op":"remove","path":"title"},`, 10_001), ",") + `]}`))
	wantRefusal(t, err, 413, "", "10,000")
}

func TestPatchMayLeaveADocumentAsIncompleteAsItWas(t *testing.T) {
	t.Parallel()
	next, changed, err := patched(t, roomType(), `{"name":"Attic"}`, `[{"op":"add","path":"tags","value":"x"}]`)
	if err != nil || !changed || len(next) != 2 {
		t.Error(next, changed, err)
	}
}

func TestPatchCannotCompareBeyondAllMeasure(t *testing.T) {
	t.Parallel()
	var emails []string
	for i := range 1000 {
		emails = append(emails, fmt.Sprintf(`{"value":"%d"}`, i))
	}
	operations := strings.Repeat(`{"op":"replace","path":"emails[value sw \"x\" or value pr].display","value":"x"},`, 600)
	_, _, err := patched(t, UserType(), `{"userName":"ada","emails":[`+strings.Join(emails, ",")+`]}`, `[`+strings.TrimSuffix(operations, ",")+`]`)
	wantRefusal(t, err, 400, TooMany, "operation 501")
}

func TestPatchWithoutAPathTakesKeysInTheirOrder(t *testing.T) {
	t.Parallel()
	for range 20 {
		next, _, err := patched(t, UserType(), `{"userName":"ada"}`, `[{"op":"replace","value":{"`+EnterpriseUserSchema+`:department":"last","department":"first","`+EnterpriseUserSchema+`.department":"second"}}]`)
		if diff := cmp.Diff(Resource{"userName": "ada", EnterpriseUserSchema: map[string]any{"department": "last"}}, next); err != nil || diff != "" {
			t.Fatal(diff, err)
		}
	}
}

// A transaction may be repeated.
func TestPatchCanBeAppliedAgain(t *testing.T) {
	t.Parallel()
	patch, err := UserType().ParsePatch([]byte(`{"Operations":[{"op":"replace","path":"emails","value":[{"value":"b","type":"work"}]},{"op":"add","path":"emails[type eq \"work\"].primary","value":true}]}`))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _, err := patch.Apply(patchedDocument(t))
	if err != nil {
		t.Fatal(err)
	}
	want, err := first.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err = patch.Apply(Resource{"userName": "x"}); err != nil {
		t.Fatal(err)
	}
	second, changed, _, err := patch.Apply(first)
	if err != nil || changed {
		t.Fatal(changed, err)
	}
	got, err := json.Marshal(second)
	if err != nil || string(got) != string(want) {
		t.Errorf("got %s, want %s (%v)", got, want, err)
	}
}
