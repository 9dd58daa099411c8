package scim

import "testing"

// RFC 7644, section 3.5.2, figures 7 and 8.
func TestPathIsReadAndPrinted(t *testing.T) {
	t.Parallel()
	for text, printed := range map[string]string{
		`members`:                   `members`,
		` name.familyName `:         `name.familyName`,
		`addresses[type eq "work"]`: `addresses[type eq "work"]`,
		`members[value eq "2819c223"].displayName`:  `members[value eq "2819c223"].displayName`,
		`addresses[type Eq "work"].streetAddress`:   `addresses[type eq "work"].streetAddress`,
		`emails[type eq "]" and (a pr or b pr)].$x`: `emails[type eq "]" and (a pr or b pr)].$x`,
		`members.$ref`:                          `members.$ref`,
		EnterpriseUserSchema + `:department`:    EnterpriseUserSchema + `:department`,
		EnterpriseUserSchema + `:manager.value`: EnterpriseUserSchema + `:manager.value`,
		EnterpriseUserSchema + `.manager.value`: EnterpriseUserSchema + `:manager.value`,
		`urn:a:2.0:b[c eq 1].d`:                 `urn:a:2.0:b[c eq 1].d`,
	} {
		path, err := ParsePath(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if path.String() != printed {
			t.Errorf("%s is read as %s, want %s", text, path, printed)
		}
	}
}

func TestPathThatCannotBeReadIsRefused(t *testing.T) {
	t.Parallel()
	for text, scimType := range map[string]string{
		``:                    InvalidPath,
		`a b`:                 InvalidPath,
		`a.b.c`:               InvalidPath,
		`a.`:                  InvalidPath,
		`.a`:                  InvalidPath,
		`a.b[c pr]`:           InvalidPath,
		`[c pr]`:              InvalidPath,
		`a[c pr]b`:            InvalidPath,
		`a[c pr].b.c`:         InvalidPath,
		`a[c pr][d pr]`:       InvalidPath,
		`a[c pr`:              InvalidFilter,
		`a[]`:                 InvalidFilter,
		`a[c regex "x"].b`:    InvalidFilter,
		`a[b[c pr]]`:          InvalidFilter,
		`a eq "x"`:            InvalidPath,
		`urn:a:2.0:`:          InvalidPath,
		`not an urn:userName`: InvalidPath,
	} {
		_, err := ParsePath(text)
		wantRefusal(t, err, 400, scimType, "")
	}
}

func TestAttributePath(t *testing.T) {
	t.Parallel()
	path, err := ParseAttributePath("urn:ietf:params:scim:schemas:core:2.0:User:name.familyName")
	want := AttributePath{URN: UserSchema, Name: "name", Sub: "familyName"}
	if err != nil || path != want {
		t.Errorf("got %+v, %v", path, err)
	}
	_, err = ParseAttributePath(`emails[type eq "work"]`)
	wantRefusal(t, err, 400, InvalidPath, "not the name of an attribute")
}

func TestPathBeginsWithTheLongestSchemaThatItCan(t *testing.T) {
	t.Parallel()
	of := &ResourceType{Schema: &Schema{ID: "urn:a:1.0"}, Extensions: []Extension{{Schema: &Schema{ID: "urn:a:1.0:b"}}, {Schema: &Schema{ID: "urn:a"}}}}
	for text, want := range map[string]string{
		"urn:a:1.0:b:c": "urn:a:1.0:b", "URN:A:1.0:B": "urn:a:1.0:b", "urn:a:1.0:bc": "urn:a:1.0", "urn:a:1.0.c": "urn:a:1.0",
		"urn:a:1.0c": "urn:a", "urn:ab:c": "", "userName": "", "urn:": "",
	} {
		if got := of.schemaPrefix(text); got != want {
			t.Errorf("%s begins with %q, want %q", text, got, want)
		}
	}
}
