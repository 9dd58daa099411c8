package oktasim

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// timeLayout is how Okta writes times: UTC, milliseconds.
const timeLayout = "2006-01-02T15:04:05.000Z"

const builtIn = "BUILT_IN"

// user is somebody; what Okta states about them is in rec, which is replaced
// and never changed, so that an older one can be kept.
type user struct {
	id     string
	rec    *userRecord
	groups []*group
}

// userRecord is one version of a user's attributes.
type userRecord struct {
	Login, Email, FirstName, LastName string
	// Other holds the remaining attributes of the profile.
	Other                               map[string]any
	Status                              string
	HasPassword                         bool
	Created, LastUpdated, StatusChanged time.Time
	Activated, LastLogin                time.Time // zero: never

	body atomic.Pointer[[]byte]
}

// next returns a copy to be changed, without the encoded form.
func (rec *userRecord) next() *userRecord {
	other := make(map[string]any, len(rec.Other))
	for k, v := range rec.Other {
		other[k] = v
	}
	return &userRecord{
		Login: rec.Login, Email: rec.Email, FirstName: rec.FirstName, LastName: rec.LastName, Other: other,
		Status: rec.Status, HasPassword: rec.HasPassword,
		Created: rec.Created, LastUpdated: rec.LastUpdated, StatusChanged: rec.StatusChanged,
		Activated: rec.Activated, LastLogin: rec.LastLogin,
	}
}

// profile is the profile as a map, with every attribute that is set.
func (rec *userRecord) profile() map[string]any {
	p := map[string]any{
		"login": rec.Login, "email": rec.Email, "firstName": rec.FirstName, "lastName": rec.LastName,
		"mobilePhone": nil, "secondEmail": nil,
	}
	for k, v := range rec.Other {
		p[k] = v
	}
	return p
}

func optionalTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Format(timeLayout)
}

// object is the user as the API shows it.
func (rec *userRecord) object(id string) map[string]any {
	var password any
	if rec.HasPassword {
		password = rec.Created.Format(timeLayout)
	}
	return map[string]any{
		"id": id, "status": rec.Status,
		"created": rec.Created.Format(timeLayout), "activated": optionalTime(rec.Activated),
		"statusChanged": optionalTime(rec.StatusChanged), "lastLogin": optionalTime(rec.LastLogin),
		"lastUpdated": rec.LastUpdated.Format(timeLayout), "passwordChanged": password,
		"type": map[string]any{"id": "oty1sbx0000000000usr"}, "profile": rec.profile(),
		"credentials": map[string]any{"provider": map[string]any{"type": "OKTA", "name": "OKTA"}},
		"_links":      map[string]any{"self": link("/api/v1/users/" + id)},
	}
}

// encoded is the user's JSON, made once a version: lists of a hundred thousand
// are put together from these.
func (rec *userRecord) encoded(id string) []byte {
	if body := rec.body.Load(); body != nil {
		return *body
	}
	body := encode(rec.object(id))
	rec.body.Store(&body)
	return body
}

// group is a group; its members are in order of id. Everyone lists none.
type group struct {
	id      string
	rec     *groupRecord
	members []*user
}

// groupRecord is one version of a group's attributes.
type groupRecord struct {
	Name, Description, Type                     string
	Created, LastUpdated, LastMembershipUpdated time.Time
}

// object is the group as the API shows it.
func (rec *groupRecord) object(id string) map[string]any {
	class := "okta:user_group"
	if rec.Type == "APP_GROUP" {
		class = "okta:windows_security_principal"
	}
	return map[string]any{
		"id": id, "type": rec.Type, "objectClass": []string{class},
		"created": rec.Created.Format(timeLayout), "lastUpdated": rec.LastUpdated.Format(timeLayout),
		"lastMembershipUpdated": rec.LastMembershipUpdated.Format(timeLayout),
		"profile":               map[string]any{"name": rec.Name, "description": rec.Description},
		"_links": map[string]any{
			"self": link("/api/v1/groups/" + id), "users": link("/api/v1/groups/" + id + "/users"),
			"apps": link("/api/v1/groups/" + id + "/apps"),
		},
	}
}

// orgURL stands in links inside bodies, which are nobody's to follow here:
// paging goes by Link headers.
const orgURL = "https://sandbox.okta.example"

func link(path string) map[string]any { return map[string]any{"href": orgURL + path} }

// encode writes JSON as Okta does, without escaping what is only special in
// HTML. Everything that is encoded here came out of JSON or is plain.
func encode(v any) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("encode answer: " + err.Error())
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}

func compareUsers(a, b *user) int { return strings.Compare(a.id, b.id) }

// insert puts a user in an ordered slice; false if it was there.
func insert(users []*user, u *user) ([]*user, bool) {
	at, found := slices.BinarySearchFunc(users, u, compareUsers)
	if found {
		return users, false
	}
	return slices.Insert(users, at, u), true
}

// without takes a user out of an ordered slice; false if it was not there.
func without(users []*user, u *user) ([]*user, bool) {
	at, found := slices.BinarySearchFunc(users, u, compareUsers)
	if !found {
		return users, false
	}
	return slices.Delete(users, at, at+1), true
}
