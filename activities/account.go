package activities

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// known is a linked account as it was last seen, or made.
func known(d store.DueChange) directory.Account {
	return directory.Account{ID: d.AccountID, UserName: d.AccountUserName, Email: d.AccountEmail, DisplayName: d.AccountName,
		Status: directory.AccountStatus(d.AccountStatus), Managed: d.Managed}
}

// take makes an account that was found the one that a change is about.
func take(d *store.DueChange, a directory.Account) {
	d.AccountID, d.AccountUserName, d.AccountEmail, d.AccountName = a.ID, a.UserName, a.Email, a.DisplayName
	d.AccountStatus, d.Managed = string(a.Status), a.Managed
	d.AccountAttributes = attributesText(a.Attributes)
}

// attributesOf reads what the database holds of attributes; nothing is nil.
// Only this program writes there, so that anything else is a defect.
func attributesOf(text string) (map[string]string, error) {
	if text == "" {
		return nil, nil
	}
	var attributes map[string]string
	if err := json.Unmarshal([]byte(text), &attributes); err != nil {
		return nil, fmt.Errorf("read stored attributes: %w", err)
	}
	return attributes, nil
}

// attributesText writes attributes as the database holds them, keys sorted.
func attributesText(attributes map[string]string) string {
	if len(attributes) == 0 {
		return ""
	}
	text, err := json.Marshal(attributes)
	if err != nil {
		return "" // strings always encode
	}
	return string(text)
}

// patchOf is what has to be written so that an account is what is desired.
// What is not known of an account counts as different. The user name of an
// account that exists is written only where the configuration says so. A target
// that tells no address takes the name and the address together, since it could
// not keep the one that it is not given.
func (b *batch) patchOf(d store.DueChange) (directory.AccountPatch, error) {
	patch, err := patchOf(d, b.target.RenamesAccounts)
	if err == nil && !b.target.Can.TellsAddress() && (patch.Email != nil || patch.DisplayName != nil) {
		if d.DesiredEmail != "" {
			patch.Email = &d.DesiredEmail
		}
		if d.DesiredName != "" {
			patch.DisplayName = &d.DesiredName
		}
	}
	return patch, err
}

func patchOf(d store.DueChange, renames bool) (directory.AccountPatch, error) {
	var patch directory.AccountPatch
	if renames && d.DesiredUserName != "" && !strings.EqualFold(d.DesiredUserName, d.AccountUserName) {
		patch.UserName = &d.DesiredUserName
	}
	if d.DesiredEmail != "" && !strings.EqualFold(d.DesiredEmail, d.AccountEmail) {
		patch.Email = &d.DesiredEmail
	}
	if d.DesiredName != "" && d.DesiredName != d.AccountName {
		patch.DisplayName = &d.DesiredName
	}
	desired, err := attributesOf(d.DesiredAttributes)
	if err != nil {
		return patch, err
	}
	held, err := attributesOf(d.AccountAttributes)
	if err != nil {
		return patch, err
	}
	for name, value := range desired {
		if is, told := held[name]; !told || is != value {
			if patch.Attributes == nil {
				patch.Attributes = make(map[string]string)
			}
			patch.Attributes[name] = value
		}
	}
	return patch, nil
}

// nothing reports whether a patch writes nothing.
func nothing(p directory.AccountPatch) bool {
	return p.UserName == nil && p.Email == nil && p.DisplayName == nil && len(p.Attributes) == 0
}

// patched is an account as a patch, once written, has made it.
func patched(a directory.Account, held string, p directory.AccountPatch) (directory.Account, error) {
	if p.UserName != nil {
		a.UserName = *p.UserName
	}
	if p.Email != nil {
		a.Email = *p.Email
	}
	if p.DisplayName != nil {
		a.DisplayName = *p.DisplayName
	}
	if len(p.Attributes) == 0 {
		return a, nil
	}
	attributes, err := attributesOf(held)
	if err != nil {
		return a, err
	}
	if attributes == nil {
		attributes = make(map[string]string, len(p.Attributes))
	}
	maps.Copy(attributes, p.Attributes)
	a.Attributes = attributes
	return a, nil
}
