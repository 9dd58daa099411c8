package store

import "time"

// ApprovalPolicy says who may approve what is held.
type ApprovalPolicy struct {
	// Persons is how many different ones must say yes: 1 or 2.
	Persons int
	// Verified is whether only those count whose name was authenticated.
	Verified bool
}

// Retention says how long what is recorded is kept; 0 is for ever.
type Retention struct {
	// Changes is for runs with all their changes and notes, Images for what the
	// changes say stood there before and after, Profiles for what is known of
	// people who are gone from the source, Actions for the record of what
	// persons did.
	Changes, Images, Profiles, Actions time.Duration
}

// SourceFloor is what a complete list of users must come to before anything
// is believed to be missing from it.
type SourceFloor struct {
	// Users and Groups are the least of each; 0 is no least.
	Users, Groups int64
	// Drop is the largest share by which a list may be shorter than the median
	// of the last five complete ones, 0 to 1; 1 is no limit.
	Drop float64
}
