package pushed

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// groupType is how a pushed group's type shows.
const groupType = "SCIM_GROUP"

// Mapping is how pushed resources become users and groups.
func Mapping(keep Attributes) store.Mapping {
	return store.Mapping{User: func(p store.Pushed) (directory.User, error) { return UserOf(p, keep) }, Group: GroupOf}
}

// UserOf turns a pushed user into what the rules look at. Without "active" the
// user is active (RFC 7643, 4.1.1: what it means is the service provider's to
// say; clients that never deactivate never send it). The address is the primary
// one, else one of type work, else the first, else the userName where that is
// an address; without any the user has none.
func UserOf(p store.Pushed, keep Attributes) (directory.User, error) {
	var d document
	if !p.Deleted() {
		decoder := json.NewDecoder(bytes.NewReader([]byte(p.Document)))
		if err := decoder.Decode(&d); err != nil {
			// The words of a JSON error quote the document.
			return directory.User{}, fmt.Errorf("the document of resource %d cannot be read", p.ID)
		}
	}
	u := directory.User{
		SourceID: p.ScimID, Status: directory.StatusActive, Assigned: true, Login: d.UserName, Email: d.email(),
		FirstName: d.Name.GivenName, LastName: d.Name.FamilyName, DisplayName: strings.TrimSpace(d.DisplayName),
		LastUpdated: time.UnixMicro(p.ModifiedAt).UTC(),
	}
	if d.Active != nil && !*d.Active || p.Deleted() {
		u.Status = directory.StatusDeprovisioned
	}
	if u.DisplayName == "" && u.FirstName == "" && u.LastName == "" {
		u.DisplayName = strings.TrimSpace(d.Name.Formatted)
	}
	if p.Deleted() {
		return u, nil
	}
	var err error
	if u.Attributes, err = keep.of([]byte(p.Document)); err != nil {
		return directory.User{}, fmt.Errorf("the document of resource %d cannot be read", p.ID)
	}
	return u, nil
}

// GroupOf turns a pushed group into what the rules look at.
func GroupOf(p store.Pushed) (directory.Group, error) {
	return directory.Group{SourceID: p.ScimID, Name: p.Display, Type: groupType, Assigned: true, LastUpdated: time.UnixMicro(p.ModifiedAt).UTC()}, nil
}

// document is the part of a pushed user that the rules look at.
type document struct {
	UserName    string `json:"userName"`
	DisplayName string `json:"displayName"`
	Active      *bool  `json:"active"`
	Name        struct {
		GivenName  string `json:"givenName"`
		FamilyName string `json:"familyName"`
		Formatted  string `json:"formatted"`
	} `json:"name"`
	Emails []struct {
		Value   string `json:"value"`
		Type    string `json:"type"`
		Primary bool   `json:"primary"`
	} `json:"emails"`
}

func (d document) email() string {
	first, work := "", ""
	for _, e := range d.Emails {
		value := strings.TrimSpace(e.Value)
		switch {
		case value == "":
			continue
		case e.Primary:
			return value
		case work == "" && strings.EqualFold(e.Type, "work"):
			work = value
		}
		if first == "" {
			first = value
		}
	}
	switch {
	case work != "":
		return work
	case first != "":
		return first
	}
	if name := strings.TrimSpace(d.UserName); isAddress(name) {
		return name
	}
	return ""
}

// isAddress reports whether a text is an address and nothing else.
func isAddress(text string) bool {
	a, err := mail.ParseAddress(text)
	return err == nil && a.Address == text && strings.Contains(text, "@")
}
