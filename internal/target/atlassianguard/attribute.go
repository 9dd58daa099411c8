package atlassianguard

import "strings"

// userNameAttribute is our name of the user name.
const userNameAttribute = "user_name"

// accountID is the attribute that tells the Atlassian account which a user is
// linked to. It cannot be written.
const accountID = "account_id"

// attribute is one that can be written beside user name, address and display
// name.
type attribute struct {
	// name is ours, path the directory's (RFC 7644 section 3.10).
	name, path string
	// of reads it.
	of func(wireUser) string
	// value is what is written; nil is the plain text.
	value func(text string) any
}

// attributes lists all that the vendor's description has of a user and a rule
// can make.
// https://developer.atlassian.com/cloud/admin/user-provisioning/rest/api-group-users/#api-scim-directory-directoryid-users-userid-patch
func attributes() []attribute {
	return []attribute{
		{name: "given_name", path: "name.givenName", of: func(u wireUser) string { return u.Name.Given }},
		{name: "family_name", path: "name.familyName", of: func(u wireUser) string { return u.Name.Family }},
		{name: "nick_name", path: "nickName", of: func(u wireUser) string { return u.NickName }},
		{name: "job_title", path: "title", of: func(u wireUser) string { return u.Title }},
		// The enterprise extension is where RFC 7643 section 4.3 has these two; the
		// description shows them at the top as well.
		{name: "department", path: schemaEnterprise + ":department", of: func(u wireUser) string {
			return either(u.Enterprise.Department, u.Department)
		}},
		{name: "organization", path: schemaEnterprise + ":organization", of: func(u wireUser) string {
			return either(u.Enterprise.Organization, u.Organization)
		}},
		{name: "locale", path: "preferredLanguage", of: func(u wireUser) string { return u.PreferredLanguage }},
		{name: "time_zone", path: "timezone", of: func(u wireUser) string { return u.Timezone }},
		{name: "phone_number", path: "phoneNumbers", of: phoneOf, value: func(text string) any {
			return []map[string]any{{"value": text, "type": "work", "primary": true}}
		}},
	}
}

func either(first, second string) string {
	if first != "" {
		return first
	}
	return second
}

func phoneOf(u wireUser) string {
	for _, phone := range u.Phones {
		if phone.Primary {
			return phone.Value
		}
	}
	if len(u.Phones) > 0 {
		return u.Phones[0].Value
	}
	return ""
}

// written is what is sent for a text.
func (a attribute) written(text string) any {
	if a.value != nil {
		return a.value(text)
	}
	return text
}

// put writes the attribute into a new user's document, where its path says.
func (a attribute) put(user map[string]any, text string) {
	at, name := user, a.path
	switch {
	case strings.HasPrefix(a.path, schemaEnterprise+":"):
		at, name = within(user, schemaEnterprise), strings.TrimPrefix(a.path, schemaEnterprise+":")
	case strings.HasPrefix(a.path, "name."):
		at, name = within(user, "name"), strings.TrimPrefix(a.path, "name.")
	}
	at[name] = a.written(text)
}

func within(user map[string]any, name string) map[string]any {
	inner, is := user[name].(map[string]any)
	if !is {
		inner = map[string]any{}
		user[name] = inner
	}
	return inner
}
