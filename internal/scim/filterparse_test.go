package scim

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// RFC 7644, section 3.4.2.2.
func TestFilterIsReadAndPrinted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, printed string }{
		"a comparison":                        {`userName eq "bjensen"`, `userName eq "bjensen"`},
		"a sub-attribute":                     {`name.familyName co "O'Malley"`, `name.familyName co "O'Malley"`},
		"a URN with dots and colons":          {`urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"`, `urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"`},
		"a URN and a sub-attribute":           {`urn:ietf:params:scim:schemas:core:2.0:User:name.givenName sw "J"`, `urn:ietf:params:scim:schemas:core:2.0:User:name.givenName sw "J"`},
		"a dot after a URN is a colon":        {`urn:a:2.0:User.manager.value eq "x"`, `urn:a:2.0:User:manager.value eq "x"`},
		"presence":                            {`title pr`, `title pr`},
		"$ref":                                {`members.$ref sw "Users/"`, `members.$ref sw "Users/"`},
		"digits, - and _ in names":            {`a1-b_c eq 1`, `a1-b_c eq 1`},
		"keywords in any case":                {`TITLE PR AND NOT (userType Eq "x" oR active EQ True)`, `TITLE pr and not (userType eq "x" or active eq true)`},
		"and binds tighter than or":           {`a pr or b pr and c pr`, `a pr or b pr and c pr`},
		"brackets that are needed stay":       {`(a pr or b pr) and c pr`, `(a pr or b pr) and c pr`},
		"brackets that are not needed go":     {`((a pr) and (b pr)) or (c pr)`, `a pr and b pr or c pr`},
		"a chain that leans to the right":     {`a pr and (b pr and (c pr))`, `a pr and (b pr and c pr)`},
		"not without a blank":                 {`not(a pr)`, `not (a pr)`},
		"not binds tighter than and":          {`not (a pr) and b pr`, `not (a pr) and b pr`},
		"an attribute that is called not":     {`not eq 1`, `not eq 1`},
		"a value path":                        {`emails[type eq "work" and value co "@example.com"]`, `emails[type eq "work" and value co "@example.com"]`},
		"value paths side by side":            {`emails[type eq "work"] or ims[type eq "xmpp"]`, `emails[type eq "work"] or ims[type eq "xmpp"]`},
		"not within a value path":             {`emails[not (type eq "work")]`, `emails[not (type eq "work")]`},
		"no blank before a string":            {`members[value eq"2819c223"]`, `members[value eq "2819c223"]`},
		"null, false and numbers":             {`a eq null or b eq FALSE or c gt -1.5e3`, `a eq null or b eq false or c gt -1.5e3`},
		"escapes":                             {`a eq "\"\\\/\n\u00e9\ud83d\ude00"`, `a eq "\"\\/\né😀"`},
		"brackets and keywords in a string":   {`a eq "x) or (b pr]"`, `a eq "x) or (b pr]"`},
		"tabs and line breaks between tokens": {"a\teq\n\"x\"\r\n", `a eq "x"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := ParseFilter(c.text)
			if err != nil {
				t.Fatal(err)
			}
			if f.String() != c.printed {
				t.Errorf("printed %s, want %s", f, c.printed)
			}
			again, err := ParseFilter(f.String())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(f, again); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFilterThatCannotBeReadSaysWhereAndWhat(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, says string }{
		"nothing":                         {``, `ends too early, after 0 characters: expected an attribute`},
		"an attribute alone":              {`userName`, `expected an operator`},
		"an operator nobody knows":        {`userName regex "x"`, `at character 10: expected an operator: eq,`},
		"no value":                        {`userName eq`, `ends too early, after 11 characters: expected a value`},
		"a bare word":                     {`userName eq john`, `at character 13: expected a value`},
		"a number that is none":           {`a eq 01`, `at character 6: expected a value`},
		"a string that does not end":      {`userName eq "x`, `at character 13: expected the string that begins here to end`},
		"an escape nobody knows":          {`a eq "\q"`, `expected a string as JSON writes it`},
		"a bracket too many":              {`(a pr))`, `at character 7: expected "and", "or" or the end`},
		"a bracket too few":               {`(a pr`, `expected "and", "or" or ")"`},
		"a square bracket too few":        {`emails[a pr`, `expected "and", "or" or "]"`},
		"brackets of two kinds":           {`emails[a pr)`, `expected "and", "or" or "]"`},
		"two terms without a word":        {`a pr b pr`, `at character 6: expected "and", "or" or the end`},
		"not without brackets":            {`not a pr`, `at character 5: expected an operator`},
		"and without a right side":        {`a pr and`, `expected an attribute`},
		"a name that is none":             {`1a eq 1`, `at character 1: expected the name`},
		"a path of three":                 {`a.b.c eq 1`, `expected the name`},
		"a value path in a value path":    {`a[b[c pr]]`, `cannot stand within`},
		"a value path of a sub":           {`a.b[c pr]`, `no sub-attribute`},
		"positions count characters":      {`a eq "éé" x`, `at character 11`},
		"what is not UTF-8":               {"a eq \"\xff\"", `UTF-8`},
		"more than 32 brackets":           {strings.Repeat("(", 33) + "a pr" + strings.Repeat(")", 33), `32 brackets`},
		"more than 256 comparisons":       {strings.TrimSuffix(strings.Repeat("a pr or ", 257), " or "), `256 comparisons`},
		"more than 8,192 bytes":           {`a eq "` + strings.Repeat("x", 8192) + `"`, `8192 bytes`},
		"Entra's grammar, when strict":    {`emails[type eq "work"].value eq "x"`, `expected "and", "or" or the end`},
		"a control character":             {"a eq \"x\x01\"", `as JSON writes it`},
		"a URN that ends in two colons":   {`urn:a::b eq 1`, `expected the name`},
		"a string where a name should be": {`"a" eq 1`, `expected an attribute`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseFilter(c.text)
			wantRefusal(t, err, 400, InvalidFilter, c.says)
		})
	}
	t.Run("a value is not repeated", func(t *testing.T) {
		t.Parallel()
		_, err := ParseFilter(`userName eq "secret" sauce`)
		if err == nil || strings.Contains(err.Error(), "s"+"ecret") || strings.Contains(err.Error(), "sauce") {
			t.Error(err)
		}
	})
}

// The limits themselves are allowed.
func TestFilterAtTheLimits(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		strings.Repeat("(", 32) + "a pr" + strings.Repeat(")", 32),
		strings.TrimSuffix(strings.Repeat("a pr or ", 256), " or "),
		`a eq "` + strings.Repeat("x", 8192-len(`a eq ""`)) + `"`,
	} {
		if _, err := ParseFilter(text); err != nil {
			t.Error(err)
		}
	}
}

// SCIM-CLIENTS E10.
func TestLenientFilter(t *testing.T) {
	t.Parallel()
	for text, printed := range map[string]string{
		`externalId eq jyoung`: `externalId eq "jyoung"`,
		`userName sw O`:        `userName sw "O"`,
		`meta.Created gt 2015-10-10T14:38:21.8617979-07:00`:    `meta.Created gt "2015-10-10T14:38:21.8617979-07:00"`,
		`emails[type eq "work"].value eq "a@example.com"`:      `emails[type eq "work" and value eq "a@example.com"]`,
		`emails[type eq work].value eq a@example.com and a pr`: `emails[type eq "work" and value eq "a@example.com"] and a pr`,
		`emails[type eq "a" or type eq "b"].value eq "x"`:      `emails[(type eq "a" or type eq "b") and value eq "x"]`,
		`emails[type eq "work"]`:                               `emails[type eq "work"]`,
		`active eq true`:                                       `active eq true`,
	} {
		f, err := ParseFilterLenient(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if f.String() != printed {
			t.Errorf("%s is read as %s, want %s", text, f, printed)
		}
		if _, err := ParseFilter(f.String()); err != nil {
			t.Errorf("%s does not print as the standard has it: %v", text, err)
		}
	}
}

func wantRefusal(t *testing.T, err error, status int, scimType, says string) {
	t.Helper()
	var refused *Error
	if !errors.As(err, &refused) {
		t.Fatalf("got %v, want a refusal", err)
	}
	if refused.Status != status || refused.ScimType != scimType || !strings.Contains(refused.Detail, says) {
		t.Errorf("got %d %q %q, want %d %q with %q", refused.Status, refused.ScimType, refused.Detail, status, scimType, says)
	}
}
