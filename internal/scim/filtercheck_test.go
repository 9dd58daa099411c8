package scim

import (
	"encoding/json"
	"strings"
	"testing"
)

// rooms is a type with an attribute of every kind.
func roomType() *ResourceType {
	return &ResourceType{Name: "Room", Endpoint: "/Rooms", Schema: &Schema{ID: "urn:example:rooms:1.0", Attributes: []Attribute{
		{Name: "name", Type: String, Required: true},
		{Name: "number", Type: Integer},
		{Name: "area", Type: Decimal},
		{Name: "built", Type: DateTime},
		{Name: "plan", Type: Binary},
		{Name: "code", Type: String, CaseExact: true, Mutability: Immutable},
		{Name: "secret", Type: String, Returned: ReturnedNever},
		{Name: "tags", Type: String, MultiValued: true},
		{Name: "keys", Type: Complex, MultiValued: true, SubAttributes: []Attribute{
			{Name: "value", Type: String}, {Name: "serial", Type: String, Required: true}, {Name: "blob", Type: Binary},
			{Name: "hidden", Type: String, Returned: ReturnedNever},
		}},
		{Name: "sealed", Type: Complex, MultiValued: true, Mutability: Immutable, SubAttributes: []Attribute{{Name: "value", Type: String}}},
	}}, Extensions: []Extension{{Required: true, Schema: &Schema{ID: "urn:example:hr:2.0", Attributes: []Attribute{
		{Name: "costCentre", Type: String, Required: true}, {Name: "badge", Type: String, Mutability: Immutable}, {Name: "floor", Type: String},
	}}}, {Schema: &Schema{ID: "urn:example:site:1.0", Attributes: []Attribute{
		{Name: "plot", Type: String, Mutability: Immutable}, {Name: "gate", Type: String},
	}}}}}
}

func TestCheckedFilterHasCanonicalPathsAndTypedValues(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		of            *ResourceType
		text, checked string
	}{
		"names are spelt as in the schema":       {UserType(), `USERNAME eq "x" and NAME.givenname pr`, `userName eq "x" and name.givenName pr`},
		"the core schema's URN goes":             {UserType(), `urn:ietf:params:scim:schemas:core:2.0:user:userName eq "x"`, `userName eq "x"`},
		"an extension's stays":                   {UserType(), `urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:Department eq "x"`, EnterpriseUserSchema + `:department eq "x"`},
		"an extension's attribute without a URN": {UserType(), `department eq "x"`, EnterpriseUserSchema + `:department eq "x"`},
		"a dot after the URN":                    {UserType(), EnterpriseUserSchema + `.department eq "x"`, EnterpriseUserSchema + `:department eq "x"`},
		"a dot after the URN, and a sub":         {UserType(), EnterpriseUserSchema + `.manager.value eq "x"`, EnterpriseUserSchema + `:manager.value eq "x"`},
		"emails means emails.value":              {UserType(), `emails co "example.com"`, `emails.value co "example.com"`},
		"a value path":                           {UserType(), `EMAILS[Type eq "work" and not (Value ew "x")]`, `emails[type eq "work" and not (value ew "x")]`},
		"pr of a complex attribute":              {UserType(), `name pr or emails pr`, `name pr or emails pr`},
		"null":                                   {UserType(), `title eq null or title ne NULL`, `title eq null or title ne null`},
		"a boolean as a string":                  {UserType(), `active eq "False"`, `active eq false`},
		"a number where a string is due":         {UserType(), `externalId eq 701984`, `externalId eq "701984"`},
		"what every resource has":                {UserType(), `id eq "1" and externalid pr and META.lastmodified ge "2011-05-13T04:42:34Z" and meta.resourceType eq "User"`, `id eq "1" and externalId pr and meta.lastModified ge "2011-05-13T04:42:34Z" and meta.resourceType eq "User"`},
		"schemas":                                {UserType(), `schemas eq "urn:x:y"`, `schemas eq "urn:x:y"`},
		"groups":                                 {UserType(), `groups.value eq "1" or groups eq "2"`, `groups.value eq "1" or groups.value eq "2"`},
		"members":                                {GroupType(), `members[value eq "1"] or members.value eq "2"`, `members[value eq "1"] or members.value eq "2"`},
		"numbers and dates have an order":        {roomType(), `number gt 5 or area le 1.5 or built lt "2020-01-01T00:00:00Z"`, `number gt 5 or area le 1.5 or built lt "2020-01-01T00:00:00Z"`},
		"a value path over simple values":        {roomType(), `tags[value eq "x"]`, `tags eq "x"`},
		"presence in a value path over the same": {roomType(), `tags[value pr]`, `tags pr`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := ParseFilter(c.text)
			if err != nil {
				t.Fatal(err)
			}
			checked, err := c.of.CheckFilter(f)
			if err != nil {
				t.Fatal(err)
			}
			if checked.String() != c.checked {
				t.Errorf("got %s, want %s", checked, c.checked)
			}
		})
	}
}

func TestFilterThatDoesNotFitTheSchemaIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		of         *ResourceType
		text, says string
	}{
		"an unknown attribute":                {UserType(), `shoeSize eq 1`, `User has no attribute shoeSize`},
		"an unknown sub-attribute":            {UserType(), `name.shoe eq "1"`, `no attribute name.shoe`},
		"an unknown one in a value path":      {UserType(), `emails[shoe eq "1"]`, `emails has no sub-attribute "shoe"`},
		"an unknown schema":                   {UserType(), `urn:a:b:userName eq "1"`, `no attribute`},
		"a schema alone":                      {UserType(), EnterpriseUserSchema + ` pr`, `no attribute`},
		"gt on a boolean":                     {UserType(), `active gt true`, `operator gt does not fit`},
		"co on a boolean":                     {UserType(), `active co "t"`, `operator co does not fit`},
		"gt on a binary":                      {UserType(), `x509Certificates.value gt "x"`, `binary`},
		"eq on a binary, which has no index":  {UserType(), `x509Certificates[value eq "x"]`, `binary`},
		"presence of a binary":                {UserType(), `x509Certificates.value pr or title pr`, `binary`},
		"presence of what holds a binary":     {UserType(), `x509Certificates pr`, `binary`},
		"a complex attribute without a sub":   {UserType(), `name eq "x"`, `name is complex: compare one of its sub-attributes, such as name.formatted`},
		"addresses, which have no value":      {UserType(), `addresses eq "x"`, `addresses is complex`},
		"a whole name in an extension":        {UserType(), `manager eq "x"`, `is complex`},
		"a date that is none":                 {UserType(), `meta.created gt "yesterday"`, `compared with a date`},
		"a boolean that is none":              {UserType(), `active eq "maybe"`, `compared with true or false`},
		"a string compared with a boolean":    {UserType(), `userName eq true`, `compared with a string`},
		"a number compared with a string":     {roomType(), `number eq "five"`, `compared with a number`},
		"sw on a date":                        {roomType(), `built sw "2020"`, `operator sw does not fit`},
		"null with another operator":          {UserType(), `title co null`, `eq and ne only`},
		"what is never returned":              {roomType(), `secret eq "x"`, `never returned`},
		"what is never returned, in brackets": {roomType(), `keys[hidden eq "x"]`, `never returned`},
		"two comparisons of a simple value":   {roomType(), `tags[value sw "x" and value ew "y"]`, `one comparison`},
		"a full name in a value path":         {UserType(), `emails[emails.type eq "x"]`, `only be the names of its sub-attributes`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := ParseFilter(c.text)
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.of.CheckFilter(f)
			wantRefusal(t, err, 400, InvalidFilter, c.says)
		})
	}
	t.Run("a password is 403 sensitive", func(t *testing.T) {
		t.Parallel()
		_, err := UserType().CheckFilter(&Or{&Present{AttributePath{Name: "title"}}, &Compare{AttributePath{Name: "PASSWORD"}, Eq, "hush"}})
		wantRefusal(t, err, 403, Sensitive, "passwords")
		if strings.Contains(err.Error(), "hush") {
			t.Error(err)
		}
	})
}

func TestMatches(t *testing.T) {
	t.Parallel()
	user := patchedDocument(t)
	user["id"] = "1"
	user["meta"] = map[string]any{"lastModified": "2026-01-31T09:00:00Z"}
	user["preferredLanguage"] = ""
	room := Resource{"name": "Attic", "number": json.Number("10"), "area": json.Number("9.5"), "built": "2020-01-01T01:00:00+01:00", "code": "aB", "tags": []any{"x", "Yz"}}
	for text, want := range map[string]bool{
		`userName eq "ADA.byron@example.com"`: true,
		`userName eq "ada"`:                   false,
		`userName ne "ada"`:                   true,
		`userName sw "Ada." and userName ew ".COM" and userName co "N@e"`: true,
		`externalId eq "00U1"`:   false, // case exact
		`externalId eq "00u1"`:   true,
		`title pr`:               true,
		`nickName pr`:            false,
		`preferredLanguage pr`:   false, // empty
		`nickName eq "x"`:        false,
		`nickName ne "x"`:        true,
		`nickName lt "x"`:        false,
		`not (nickName lt "x")`:  true,
		`nickName eq null`:       true,
		`nickName ne null`:       false,
		`title eq null`:          false,
		`title ne null`:          true,
		`emails.type eq "home"`:  true,  // any value
		`emails.type ne "home"`:  false, // no value equals
		`emails.type ne "other"`: true,
		`emails[type eq "home" and value ew "example.com"]`:         false, // the same value
		`emails.type eq "home" and emails.value ew "example.com"`:   true,  // whichever values
		`emails[type ne "home"]`:                                    true,
		`emails[not (value co "@")]`:                                false,
		`emails[primary eq true and type eq "work"]`:                true,
		`emails[primary eq null]`:                                   true,
		`emails co "home.example"`:                                  true,
		`active eq true and not (active eq false)`:                  true,
		`name.familyName gt "Bx" and name.familyName lt "bz"`:       true,
		`department eq "engines"`:                                   true,
		`schemas eq "` + EnterpriseUserSchema + `"`:                 true,
		`schemas eq "` + GroupSchema + `"`:                          false,
		`id eq "1"`:                                                 true,
		`meta.lastModified gt "2026-01-31T08:59:59.999Z"`:           true,
		`meta.lastModified le "2026-01-31T10:00:00+01:00"`:          true,
		`title eq "x" or (title eq "y" or title co "nal")`:          true,
		`name pr and emails pr and addresses[locality eq "london"]`: true,
		`roles pr`: false,
	} {
		checkMatch(t, UserType(), user, text, want)
	}
	for text, want := range map[string]bool{
		`number gt 9`:                               true, // by number, not by digit
		`number ge 10.0 and area lt 9.51`:           true,
		`built eq "2020-01-01T00:00:00Z"`:           true,
		`code eq "AB"`:                              false,
		`code co "B"`:                               true,
		`tags eq "YZ"`:                              true,
		`tags ne "x"`:                               false,
		`tags[value sw "y"]`:                        true,
		`built gt "2019-12-31T23:59:59.999999999Z"`: true,
	} {
		checkMatch(t, roomType(), room, text, want)
	}
}

func checkMatch(t *testing.T, of *ResourceType, d Resource, text string, want bool) {
	t.Helper()
	f, err := ParseFilter(text)
	if err == nil {
		f, err = of.CheckFilter(f)
	}
	if err != nil {
		t.Errorf("%s: %v", text, err)
		return
	}
	if Matches(f, d, of) != want {
		t.Errorf("%s: got %v", text, !want)
	}
}

func TestMatchesMember(t *testing.T) {
	t.Parallel()
	member := map[string]any{"value": "aB", "type": "User", "display": "Ada", "$ref": "https://x/Users/aB"}
	for text, want := range map[string]bool{
		`value eq "aB"`:                      true,
		`value eq "ab"`:                      false,
		`type eq "user" and display sw "aD"`: true,
		`$ref ew "/Users/aB"`:                true,
		`display ne "ada"`:                   false,
		`value pr and not (type eq "Group")`: true,
		`shoe eq "x"`:                        false,
	} {
		f, err := ParseFilter(text)
		if err != nil {
			t.Fatal(err)
		}
		if MatchesMember(f, member) != want {
			t.Errorf("%s: got %v", text, !want)
		}
	}
}
