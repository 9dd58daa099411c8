package activities

import (
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
func take(d *store.DueChange, a directory.Account) error {
	attributes, err := store.WriteAttributes(a.Attributes)
	if err != nil {
		return err
	}
	d.AccountID, d.AccountUserName, d.AccountEmail, d.AccountName = a.ID, a.UserName, a.Email, a.DisplayName
	d.AccountStatus, d.Managed = string(a.Status), a.Managed
	d.AccountAttributes = attributes
	return nil
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
	desired, err := store.ReadAttributes(d.DesiredAttributes)
	if err != nil {
		return patch, err
	}
	held, err := store.ReadAttributes(d.AccountAttributes)
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
	attributes, err := store.ReadAttributes(held)
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
