package config

import "time"

// Retention says how long what is recorded is kept; 0 is for ever.
type Retention struct {
	// Changes is for runs with all their changes and notes.
	Changes time.Duration `yaml:"changes" range:"0s..3650d"`
	// Images is for what changes say stood there before and after; an undo
	// needs them.
	Images time.Duration `yaml:"images" range:"0s..3650d"`
	// Profiles is for what is known of people who are gone from the source.
	Profiles time.Duration `yaml:"profiles" range:"0s..3650d"`
	// Actions is for the record of what persons did.
	Actions time.Duration `yaml:"actions" range:"0s..3650d"`
}
