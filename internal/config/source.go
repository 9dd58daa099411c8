package config

import "time"

// Whom a source's users are read from.
const (
	// UsersEveryone is everybody in the organisation or the application.
	UsersEveryone = "everyone"
	// UsersGroupMembers is those who are in at least one selected group.
	UsersGroupMembers = "group-members"
)

// The kinds of source.
const (
	// KindOkta is read over Okta's REST API.
	KindOkta = "okta"
	// KindScim is what an identity provider pushed to the gateway.
	KindScim = "scim"
)

// Source is where people come from.
type Source struct {
	Kind string `yaml:"kind" rule:"required" oneof:"okta,scim"`
	// Also is KindScim when pushes are accepted beside what is read; empty
	// otherwise, and for a source that is pushes alone.
	Also string `yaml:"also" oneof:"scim"`
	// URL is the organisation's own address, without a path. It, Token and all
	// that follows but Users are for KindOkta.
	URL string `yaml:"url"`
	// Token is an API token ("SSWS").
	Token Secret `yaml:"token"`
	// TokenExpires is the day on which the token ends, so that somebody is told
	// in time; zero when it is not known.
	TokenExpires time.Time `yaml:"token_expires"`
	// AppID limits people and groups to those assigned to one application.
	AppID string `yaml:"app_id"`
	// Users is UsersEveryone or UsersGroupMembers.
	Users string `yaml:"users" oneof:"everyone,group-members"`
	// Groups are patterns of names (* ? [a-z], ignoring case); none means
	// every group.
	Groups []string `yaml:"groups"`
	// ExcludeGroups are patterns of names that Groups would select.
	ExcludeGroups []string `yaml:"exclude_groups"`
	// GroupTypes are Okta's own words.
	GroupTypes []string `yaml:"group_types" oneof:"OKTA_GROUP,APP_GROUP,BUILT_IN"`
	// GroupIDs are selected whatever their name and type.
	GroupIDs []string `yaml:"group_ids"`
	// PageSize is users and members a page; Okta recommends at most 200.
	PageSize int `yaml:"page_size" range:"1..200"`
	// FullRead is how often everything is read again; 0 means every run.
	FullRead Interval `yaml:"full_read"`
	// RateLimitShare is how much of the organisation's limits may be used.
	RateLimitShare Share `yaml:"rate_limit_share" range:"1%..100%"`
	// Timeout is for one request.
	Timeout time.Duration `yaml:"timeout" range:"1s..10m"`
	// SystemLog is nil when the log of events is not polled.
	SystemLog *SystemLog `yaml:"system_log"`
	// Overlap is how far before the newest change seen the next incremental
	// read starts.
	Overlap time.Duration `yaml:"overlap" range:"0s..24h"`
}

// SystemLog makes an event in the source's log start a run.
type SystemLog struct {
	// Poll is the time between two looks.
	Poll time.Duration `yaml:"poll" range:"10s..1h"`
}
