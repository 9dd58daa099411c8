package scim

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLookup(t *testing.T) {
	t.Parallel()
	const e = EnterpriseUserSchema
	tests := []struct {
		path   string
		want   AttributePath
		values string
	}{
		{"USERNAME", AttributePath{Name: "userName"}, "username"},
		{"Name.familyname", AttributePath{Name: "name", Sub: "familyName"}, "name.familyname"},
		{"emails.Value", AttributePath{Name: "emails", Sub: "value"}, "emails.value"},
		{"ID", AttributePath{Name: "id"}, "id"},
		{"externalID", AttributePath{Name: "externalId"}, "externalid"},
		{"meta.LastModified", AttributePath{Name: "meta", Sub: "lastModified"}, "meta.lastmodified"},
		{"schemas", AttributePath{Name: "schemas"}, "schemas"},
		{UserSchema + ":userName", AttributePath{Name: "userName"}, "username"},
		{"URN:ietf:params:scim:schemas:core:2.0:user:name.givenName", AttributePath{Name: "name", Sub: "givenName"}, "name.givenname"},
		{e + ":Department", AttributePath{URN: e, Name: "department"}, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:department"},
		{e + ":manager.value", AttributePath{URN: e, Name: "manager", Sub: "value"}, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:manager.value"},
		{e + ".manager", AttributePath{URN: e, Name: "manager"}, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:manager"},
		{e + ".manager.value", AttributePath{URN: e, Name: "manager", Sub: "value"}, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:manager.value"},
		{"department", AttributePath{URN: e, Name: "department"}, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:department"},
		{e, AttributePath{URN: e}, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user"},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			t.Parallel()
			p, err := ParseAttributePath(tt.path)
			if err != nil {
				t.Fatal(err)
			}
			found, err := UserType().Lookup(p)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, found.Path); diff != "" {
				t.Errorf("path (-want +got):\n%s", diff)
			}
			if found.ValuePath() != tt.values {
				t.Errorf("values are at %q, not %q", found.ValuePath(), tt.values)
			}
			if found.Attribute == nil || found.Schema == nil || found.Definition() == nil || (found.Sub != nil) != (tt.want.Sub != "") {
				t.Errorf("found %+v", found)
			}
		})
	}
	for _, path := range []AttributePath{
		{Name: "nothing"}, {Name: "name", Sub: "nothing"}, {Name: "userName", Sub: "value"}, {},
		{URN: "urn:other", Name: "userName"}, {URN: e, Name: "nothing"}, {URN: e, Name: "userName"}, {URN: "urn:other"},
		{URN: "urn:ietf:params:scim:schemas:core:2.0", Name: "User"}, {URN: UserSchema, Name: "department"},
	} {
		t.Run("refuses "+path.String(), func(t *testing.T) {
			t.Parallel()
			_, err := UserType().Lookup(path)
			isRefusal(t, err, InvalidPath)
		})
	}
	t.Run("a bare name that two extensions have names neither", func(t *testing.T) {
		t.Parallel()
		user := UserType()
		user.Extensions = append(user.Extensions, Extension{Schema: &Schema{ID: "urn:x:y", Attributes: []Attribute{text("department", ""), text("title", ""), text("desk", "")}}})
		user.Extensions = append(user.Extensions, Extension{Schema: &Schema{ID: "urn:x:z", Attributes: []Attribute{text("department", "")}}})
		_, err := user.Lookup(AttributePath{Name: "department"})
		isRefusal(t, err, InvalidPath)
		if f, err := user.Lookup(AttributePath{Name: "title"}); err != nil || f.Path.URN != "" {
			t.Errorf("title is %v, %v", f.Path, err)
		}
		if f, err := user.Lookup(AttributePath{Name: "desk"}); err != nil || f.Path.URN != "urn:x:y" {
			t.Errorf("desk is %v, %v", f.Path, err)
		}
	})
}
