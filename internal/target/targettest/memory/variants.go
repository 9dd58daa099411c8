package memory

import (
	"context"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Variant is a product that can do less than everything, or something of its
// own besides.
type Variant string

// The variants. Everything is the zero value.
const (
	Everything Variant = ""
	// Adopting makes no accounts: people get one by other means.
	Adopting Variant = "adopting"
	// Blocking suspends nobody: it deactivates.
	Blocking Variant = "blocking"
	// Grouping has groups and their members alone to write: accounts are neither
	// made, nor changed, nor taken away. Its Target needs Options.Unmanaged.
	Grouping Variant = "grouping"
	// Nameless tells no addresses: accounts are known by their user names. Its
	// Target needs Options.Nameless.
	Nameless Variant = "nameless"
	// AccessTaking takes a suspended account out of the groups that give access.
	// Its Target needs Options.AccessGroups.
	AccessTaking Variant = "access taking"
	// LeadKeeping blocks nobody who leads something. Its Target needs
	// Options.LeadsTo.
	LeadKeeping Variant = "lead keeping"
)

// Variants lists the variants.
func Variants() []Variant {
	return []Variant{Everything, Adopting, Blocking, Grouping, Nameless, AccessTaking, LeadKeeping}
}

// Whole is all that a Target can do, whatever stands before it.
type Whole interface {
	directory.Target
	directory.AccountCreator
	directory.AccountWriter
	directory.AccessGranter
	directory.Suspender
	directory.Deactivator
	directory.AccountDeleter
	directory.GroupRenamer
	directory.AccountFinder
	directory.Guarded
	directory.Nester
	directory.GroupPermitter
	accessTaker
	leadKeeper
}

// A Target has both methods under names that no interface asks for: only the
// variants that are about them have them.
type accessTaker interface {
	accessGroups(ctx context.Context) ([]string, error)
}

type leadKeeper interface {
	handOver(ctx context.Context, accountID string) ([]string, error)
}

// As narrows a target down to what a variant can do.
func As(v Variant, whole Whole) directory.Target {
	switch v {
	case Adopting:
		return struct {
			rest
			suspender
		}{whole, whole}
	case Blocking:
		return struct {
			rest
			directory.AccountCreator
			directory.AccessGranter
		}{whole, whole, whole}
	case Grouping:
		return struct {
			directory.Target
			directory.GroupRenamer
			directory.AccountFinder
			directory.Guarded
		}{whole, whole, whole, whole}
	case AccessTaking:
		return taking{everything{whole}}
	case LeadKeeping:
		return keeping{everything{whole}}
	}
	return whole
}

// rest is what both have that make no accounts and that suspend none.
type rest interface {
	directory.Target
	directory.AccountWriter
	directory.Deactivator
	directory.AccountDeleter
	directory.GroupRenamer
	directory.AccountFinder
	directory.Guarded
}

type suspender interface {
	SuspendAccount(ctx context.Context, accountID string) error
}

// everything is a Target without what only some variants have.
type everything struct{ Whole }

type taking struct{ everything }

// AccessGroups implements directory.AccessTaker.
func (t taking) AccessGroups(ctx context.Context) ([]string, error) { return t.accessGroups(ctx) }

type keeping struct{ everything }

// HandOver implements directory.LeadKeeper.
func (k keeping) HandOver(ctx context.Context, accountID string) ([]string, error) {
	return k.handOver(ctx, accountID)
}

// Capabilities are what a variant can do.
func (v Variant) Capabilities() directory.Capabilities {
	can := Capabilities()
	without := func(kinds ...directory.Kind) {
		can.Steps = slices.DeleteFunc(slices.Clone(can.Steps), func(kind directory.Kind) bool { return slices.Contains(kinds, kind) })
	}
	if v == Adopting || v == Blocking || v == Grouping {
		can.Nests, can.Permits = false, false
	}
	switch v {
	case Adopting:
		can.Creates = false
	case Blocking:
		without(directory.SuspendAccount)
	case Grouping:
		can.Creates, can.Attributes = false, []string{"user_name"}
		without(directory.SuspendAccount, directory.DeactivateAccount, directory.DeleteAccount)
	case Nameless:
		can.LinkBy = []string{"user_name"}
	}
	return can
}
