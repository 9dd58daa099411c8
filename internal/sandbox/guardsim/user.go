package guardsim

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

const (
	schemaUser       = "urn:ietf:params:scim:schemas:core:2.0:User"
	schemaEnterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	schemaAtlassian  = "urn:scim:schemas:extension:atlassian-external:1.0"
)

// Names of what the roster keeps of a user beside its own fields; the rest are
// the vendor's own words ("title", "name.givenName", …).
const (
	attributeAccountID = "atlassianAccountId"
	attributeDeleted   = "deleted"
	attributeEmails    = "emails"
	attributePhones    = "phoneNumbers"
)

// plain are the attributes that are one text.
var plain = []string{
	"externalId", "nickName", "title", "preferredLanguage", "timezone", "department", "organization",
	"name.formatted", "name.familyName", "name.givenName", "name.middleName", "name.honorificPrefix", "name.honorificSuffix",
}

type contact struct {
	Value   string `json:"value"`
	Type    string `json:"type,omitempty"`
	Primary bool   `json:"primary"`
}

// user is a user while it is changed.
type user struct {
	userName, displayName string
	active                bool
	emails, phones        []contact
	texts                 map[string]string
}

func userOf(a roster.Account) user {
	u := user{userName: a.UserName, displayName: a.DisplayName, active: a.Active, texts: map[string]string{}}
	for _, name := range plain {
		if text := a.Attributes[name]; text != "" {
			u.texts[name] = text
		}
	}
	u.emails, u.phones = contacts(a.Attributes[attributeEmails]), contacts(a.Attributes[attributePhones])
	if len(u.emails) == 0 && a.Email != "" {
		u.emails = []contact{{Value: a.Email, Type: "work", Primary: true}}
	}
	return u
}

func contacts(text string) []contact {
	var list []contact
	if text != "" && json.Unmarshal([]byte(text), &list) != nil {
		return nil
	}
	return list
}

func contactsText(list []contact) string {
	if len(list) == 0 {
		return ""
	}
	text, err := json.Marshal(list)
	if err != nil {
		return "" // contacts always encode
	}
	return string(text)
}

// into writes the user into an account.
func (u user) into(a *roster.Account) {
	a.UserName, a.DisplayName, a.Active, a.Email = u.userName, u.displayName, u.active, u.primary()
	kept := map[string]string{attributeAccountID: a.Attributes[attributeAccountID]}
	for name, text := range u.texts {
		if text != "" {
			kept[name] = text
		}
	}
	// One address of the usual kind needs no list.
	if len(u.emails) != 1 || u.emails[0].Type != "work" {
		kept[attributeEmails] = contactsText(u.emails)
	}
	if phones := contactsText(u.phones); phones != "" {
		kept[attributePhones] = phones
	}
	a.Attributes = kept
}

func (u user) primary() string {
	for _, email := range u.emails {
		if email.Primary {
			return email.Value
		}
	}
	return ""
}

// check is what is wrong with a user as such.
func (u user) check(domains []string) *refusal {
	primaries := 0
	for _, email := range u.emails {
		if at := strings.LastIndex(email.Value, "@"); at < 1 || at == len(email.Value)-1 {
			return refuse(http.StatusBadRequest, "invalidValue", "an e-mail address is not valid: %q", email.Value)
		}
		if email.Primary {
			primaries++
		}
	}
	if strings.TrimSpace(u.userName) == "" {
		return refuse(http.StatusBadRequest, "invalidValue", "userName is required")
	}
	if primaries != 1 {
		return refuse(http.StatusBadRequest, "invalidValue", "one e-mail address must be marked as primary")
	}
	_, domain, _ := strings.Cut(u.primary(), "@")
	if !slices.ContainsFunc(domains, func(d string) bool { return strings.EqualFold(d, domain) }) {
		return refuse(http.StatusBadRequest, "invalidValue", "the domain of %q is not verified", u.primary())
	}
	return nil
}

// document is the user as the API shows it.
func (s *Sim) document(a roster.Account, withGroups bool) map[string]any {
	u := userOf(a)
	d := map[string]any{
		"schemas": []string{schemaUser, schemaEnterprise, schemaAtlassian}, "id": a.ID, "userName": u.userName, "emails": u.emails,
		"displayName": u.displayName, "active": u.active,
		schemaAtlassian: map[string]string{attributeAccountID: a.Attributes[attributeAccountID]},
		"meta":          s.meta("User", a.ID),
	}
	name := map[string]string{}
	for key, text := range u.texts {
		if part, is := strings.CutPrefix(key, "name."); is {
			name[part] = text
			continue
		}
		d[key] = text
	}
	if len(name) > 0 {
		d["name"] = name
	}
	if len(u.phones) > 0 {
		d["phoneNumbers"] = u.phones
	}
	enterprise := map[string]string{}
	for _, key := range []string{"department", "organization"} {
		if text := u.texts[key]; text != "" {
			enterprise[key] = text
		}
	}
	if len(enterprise) > 0 {
		d[schemaEnterprise] = enterprise
	}
	if withGroups {
		groups := []map[string]string{}
		for _, g := range s.roster.GroupsOf(a.ID) {
			groups = append(groups, map[string]string{"type": "Group", "value": g.ID, "display": g.Name, "$ref": s.location("Group", g.ID)})
		}
		d["groups"] = groups
	}
	return d
}

func (s *Sim) location(kind, id string) string {
	return "https://api.atlassian.com/scim/directory/" + s.opts.Directory + "/" + kind + "s/" + id
}

func (s *Sim) meta(kind, id string) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	created, modified := s.created[id], s.modified[id]
	if created == "" {
		// It was there from the start.
		created, modified = "2018-09-26T17:41:35.490730Z", "2018-09-26T17:41:35.490730Z"
	}
	return map[string]string{"resourceType": kind, "location": s.location(kind, id), "created": created, "lastModified": modified}
}

// same reports whether two states of a user are one.
func (u user) same(other user) bool {
	return u.userName == other.userName && u.displayName == other.displayName && u.active == other.active &&
		slices.Equal(u.emails, other.emails) && slices.Equal(u.phones, other.phones) && maps.Equal(u.texts, other.texts)
}
