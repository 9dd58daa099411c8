package jiradcsim

import (
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// API is the name under which calls appear in the fault engine.
const API = "jira-dc"

// What a Jira whose options say nothing is.
const (
	// DefaultToken is the personal access token of DefaultUser, who may also come
	// with DefaultPassword.
	DefaultToken    = "sandbox-jira-personal-access-token"
	DefaultUser     = "rollcall"
	DefaultPassword = "sandbox-jira-password"
	DefaultVersion  = "10.3.24"
	// DefaultApplication is the key of the only application, and DefaultGroup its
	// group.
	DefaultApplication = "jira-software"
	DefaultGroup       = "jira-software-users"
	// DefaultLeadsTo is the user name of an administrator to whom leads can be
	// handed over.
	DefaultLeadsTo = "admin"
	// AdministratorsGroup is the group of Jira's administrators.
	AdministratorsGroup = "jira-administrators"
)

// How e-mail addresses are shown.
// https://confluence.atlassian.com/adminjiraserver/configuring-jira-options-938847824.html
const (
	AddressesShown  = ""
	AddressesMasked = "masked"
	AddressesHidden = "hidden"
)

// Options describe a fresh Jira. The zero value is one of version 10.3.24 with
// room for everybody.
type Options struct {
	// Engine decides faults and limits and keeps the log; nil makes a quiet one.
	Engine *fault.Engine
	// Seed decides random ids.
	Seed int64
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// SeatLimit is how many active people the application takes; 0 means any
	// number.
	SeatLimit int
	// Token, User, Password and Version have defaults (DefaultToken, …).
	Token, User, Password, Version string
	// PickerLimit is jira.ajax.autocomplete.limit; 0 means 20, as in Jira.
	PickerLimit int
	// IgnoresExclude is a group picker that leaves nothing out.
	IgnoresExclude bool
	// ListLimit bounds a page of the list of users; 0 means 2,000.
	ListLimit int
	// SearchEnd is after how many people all searches end; 0 means never.
	SearchEnd int
	// Addresses is how e-mail addresses are shown (AddressesShown, …).
	Addresses string
	// Lacks are keys of global permissions that the owner of the credential does
	// not have, of ADMINISTER, SYSTEM_ADMIN and USER_PICKER.
	Lacks []string
}

func (o Options) withDefaults() Options {
	standin.Default(&o.Token, DefaultToken)
	standin.Default(&o.User, DefaultUser)
	standin.Default(&o.Password, DefaultPassword)
	standin.Default(&o.Version, DefaultVersion)
	standin.Quiet(&o.Engine, &o.Now, 1)
	standin.Default(&o.PickerLimit, 20)
	standin.Default(&o.ListLimit, 2000)
	return o
}
