package store

import (
	"fmt"
	"time"

	"github.com/rollcall-sync/rollcall/internal/scim"
)

// ScimToken is a token as the administrator sees it; the token itself is not kept.
type ScimToken struct {
	ID         int64     `json:"id"`
	Connection string    `json:"connection"`
	Name       string    `json:"name"`
	Created    time.Time `json:"created"`
	Expires    time.Time `json:"expires,omitzero"`
	Revoked    time.Time `json:"revoked,omitzero"`
	// LastUsed is right to the minute.
	LastUsed time.Time `json:"last_used,omitzero"`
}

// ScimCaller is who a request comes from.
type ScimCaller struct {
	ConnectionID int64
	TokenID      int64
	// TokenName is for the log.
	TokenName string
	Expires   time.Time
	LastUsed  time.Time
}

// ScimResource is a stored resource.
type ScimResource struct {
	ID      int64
	ScimID  string
	Type    string
	Version int64
	Created time.Time
	Changed time.Time
	// Document is the JSON of a scim.Resource.
	Document []byte
	// Members are a group's, in the order of their values; nil when they were not asked for.
	Members []ScimMember
	// Groups are those that a user is directly in; nil when they were not asked for.
	Groups []ScimMember
}

// ScimMember is a value of members or groups as it is shown.
type ScimMember struct {
	// Value is the id of the resource; for a member that nobody knows, the value as it was pushed.
	Value   string
	Display string
	// Type is the resource type, "User" or "Group"; empty for a member that nobody knows.
	Type string
}

// ScimParts says what to read beside the document.
type ScimParts struct{ Members, Groups bool }

// ScimQuery asks for a list of resources.
type ScimQuery struct {
	ConnectionID int64
	// Types are one resource type, or several for a query at the root.
	Types []*scim.ResourceType
	// Filter is nil for all. It must have been checked against the types.
	Filter scim.Filter
	// SortBy is nil for the order of creation.
	SortBy     *scim.AttributePath
	Descending bool
	// StartIndex counts from 1. It is not used with a cursor.
	StartIndex, Count int
	// After, when ByCursor is set, is where the page before ended; the zero value begins.
	ByCursor bool
	After    ScimPosition
	Parts    ScimParts
}

// ScimPosition is where a page by cursor ended.
type ScimPosition struct {
	// Key is the sort key of the last resource, empty without sorting or value.
	Key string
	// Missing is whether the last resource had no value to sort by.
	Missing bool
	ID      int64
}

// ScimPage is a page of resources.
type ScimPage struct {
	Total     int64
	Resources []ScimResource
	// Next is nil after the last page. It is set for pages by cursor.
	Next *ScimPosition
}

// ScimRequest is what the log of requests keeps of one.
type ScimRequest struct {
	ConnectionID int64
	At           time.Time
	Token        string
	Client       string
	Address      string
	RequestID    string
	Method       string
	// Path begins after the connection's base; without the query.
	Path    string
	Status  int
	Took    time.Duration
	Summary string
	// Detail is why it was refused.
	Detail string
}

// ScimWrite is what every write carries.
type ScimWrite struct {
	ConnectionID int64
	Type         *scim.ResourceType
	// Strict refuses members that nobody knows instead of keeping them.
	Strict bool
	// Log is stored with the change, in its transaction, with Status as it will
	// be answered when the write succeeds.
	Log ScimRequest
}

// ScimEdit is what a change makes of a resource.
type ScimEdit struct {
	// Document is the new document; nil leaves it as it is.
	Document scim.Resource
	Members  []scim.MemberChange
}

// ScimChanged is what a write came to.
type ScimChanged struct {
	Resource ScimResource
	// Changed is false when everything was as asked for already: then nothing
	// was written but the log, and the version is what it was.
	Changed bool
	// Shards are those that have something to do now.
	Shards []int
}

// ScimConflictError means that a unique value belongs to another resource.
type ScimConflictError struct {
	// Attribute is the unique attribute.
	Attribute string
	// ScimID is the other resource, where it is known.
	ScimID string
}

func (e *ScimConflictError) Error() string {
	return fmt.Sprintf("another resource has this %s", e.Attribute)
}

// ScimUnknownMembersError means that a strict write named members that nobody knows.
type ScimUnknownMembersError struct{ Values []string }

func (e *ScimUnknownMembersError) Error() string {
	return fmt.Sprintf("%d members are not known", len(e.Values))
}

// ScimShards is how many shards the changes of a connection are dealt out to:
// changes of one object in order, of different ones side by side. Eight was the
// best number that was measured on two cores; more wait for each other.
const ScimShards = 8
