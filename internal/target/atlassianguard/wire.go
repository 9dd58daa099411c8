package atlassianguard

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// The schemas of what is sent (RFC 7643 section 8.7, RFC 7644 section 3.5.2).
const (
	schemaUser       = "urn:ietf:params:scim:schemas:core:2.0:User"
	schemaEnterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	schemaGroup      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	schemaPatch      = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
)

type wireUser struct {
	ID          string      `json:"id"`
	UserName    string      `json:"userName"`
	Emails      []wireEmail `json:"emails"`
	DisplayName string      `json:"displayName"`
	Name        struct {
		Given  string `json:"givenName"`
		Family string `json:"familyName"`
	} `json:"name"`
	NickName          string `json:"nickName"`
	Title             string `json:"title"`
	PreferredLanguage string `json:"preferredLanguage"`
	Timezone          string `json:"timezone"`
	Phones            []struct {
		Value   string `json:"value"`
		Primary bool   `json:"primary"`
	} `json:"phoneNumbers"`
	// Department and Organization may be told here or by the enterprise extension.
	Department   string `json:"department"`
	Organization string `json:"organization"`
	Enterprise   struct {
		Department   string `json:"department"`
		Organization string `json:"organization"`
	} `json:"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`
	Atlassian struct {
		AccountID string `json:"atlassianAccountId"`
	} `json:"urn:scim:schemas:extension:atlassian-external:1.0"`
	// Active is absent in some answers, which means active (RFC 7643 has no
	// default).
	Active *bool `json:"active"`
	// Groups are told unless left out by excludedAttributes.
	Groups []struct {
		Value string `json:"value"`
	} `json:"groups"`
	Meta struct {
		Created wireTime `json:"created"`
	} `json:"meta"`
}

// wireTime is a time that nothing hangs on: one that cannot be read is none, and
// no reason to know nothing of the user.
type wireTime struct{ time.Time }

// UnmarshalJSON never fails.
func (t *wireTime) UnmarshalJSON(text []byte) error {
	var written string
	if json.Unmarshal(text, &written) != nil {
		return nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05.999999999Z0700"} {
		if at, err := time.Parse(layout, written); err == nil {
			t.Time = at
			return nil
		}
	}
	return nil
}

type wireEmail struct {
	Value   string `json:"value"`
	Type    string `json:"type,omitempty"`
	Primary bool   `json:"primary"`
}

// email is the primary address.
func (u wireUser) email() string {
	for _, email := range u.Emails {
		if email.Primary {
			return email.Value
		}
	}
	if len(u.Emails) > 0 {
		return u.Emails[0].Value
	}
	return ""
}

func (u wireUser) active() bool { return u.Active == nil || *u.Active }

// account turns a user into an account, and remembers a user name that is not
// an address.
func (t *Target) account(u wireUser) directory.Account {
	account := directory.Account{
		ID: u.ID, UserName: u.UserName, Email: u.email(), DisplayName: u.DisplayName,
		Attributes: map[string]string{accountID: u.Atlassian.AccountID},
		Status:     directory.AccountActive, Managed: true, AddedAt: u.Meta.Created.Time,
	}
	if !u.active() {
		account.Status = directory.AccountDeactivated
	}
	for _, a := range attributes() {
		account.Attributes[a.name] = a.of(u)
	}
	for name, value := range account.Attributes {
		if value == "" {
			delete(account.Attributes, name)
		}
	}
	if account.Email != "" && fold(account.Email) != fold(account.UserName) {
		t.named.Store(true)
	}
	return account
}

type wireGroup struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
	// Members may be absent for a group without any (RFC 7643 section 2.5).
	Members []struct {
		Type  string `json:"type"`
		Value string `json:"value"`
	} `json:"members"`
}

func (g wireGroup) group() directory.TargetGroup {
	return directory.TargetGroup{ID: g.ID, Name: g.DisplayName}
}

type wirePatch struct {
	Schemas    []string        `json:"schemas"`
	Operations []wireOperation `json:"Operations"`
}

type wireOperation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}

func patchOf(operations ...wireOperation) wirePatch {
	return wirePatch{Schemas: []string{schemaPatch}, Operations: operations}
}

func fold(text string) string { return strings.ToLower(text) }

// literal writes a string of a filter (RFC 7644 figure 1: as JSON has it).
func literal(value string) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return `""` // a string always encodes
	}
	return strings.TrimSuffix(out.String(), "\n")
}
