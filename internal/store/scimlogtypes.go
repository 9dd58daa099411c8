package store

import "time"

// ScimLogFilter selects entries of the log of requests.
type ScimLogFilter struct {
	// After is the id of the entry before the first that is wanted, for
	// following the log: then the oldest come first. With 0 the newest do.
	After int64
	// Limit is how many entries at most; 0 is 100.
	Limit int
	// Since leaves out what is older.
	Since time.Time
	// Refused selects what was not answered with a 2xx or 3xx.
	Refused bool
	// Object selects what touched one object: its id, externalId, userName or
	// displayName.
	Object string
}

// ScimLogEntry is a request with what became of it.
type ScimLogEntry struct {
	ID        int64           `json:"id"`
	At        time.Time       `json:"at"`
	Token     string          `json:"token,omitempty"`
	Client    string          `json:"client,omitempty"`
	Address   string          `json:"address,omitempty"`
	RequestID string          `json:"request_id,omitempty"`
	Method    string          `json:"method"`
	Path      string          `json:"path"`
	Status    int             `json:"status"`
	Took      time.Duration   `json:"took_ns"`
	Summary   string          `json:"summary,omitempty"`
	Detail    string          `json:"detail,omitempty"`
	Objects   []ScimLogObject `json:"objects,omitempty"`
}

// ScimLogObject is an object that a request changed, with what became of that.
type ScimLogObject struct {
	// ScimID is the id that clients know it by.
	ScimID string `json:"id"`
	Type   string `json:"type"`
	// Label is its userName or displayName; "deleted user" once that is gone.
	Label string `json:"label"`
	// Pending is set while it is not applied in every target.
	Pending *ScimPending `json:"pending,omitempty"`
	// Run is the run that took it up; 0 while it is pending, and when nothing had to be done.
	Run int64 `json:"run,omitempty"`
	// Done is when it was taken up.
	Done time.Time `json:"done,omitzero"`
	// Changes are what the run made of it, by target, kind, state and class.
	Changes []Count `json:"changes,omitempty"`
	// Notes are what the run noticed about it, in words.
	Notes []string `json:"notes,omitempty"`
}

// ScimPending is what is still to be done about an object.
type ScimPending struct {
	// Urgent is whether somebody is to lose access.
	Urgent bool `json:"urgent,omitempty"`
	// Waiting is whether it waits for the other end of a membership.
	Waiting  bool `json:"waiting,omitempty"`
	Attempts int  `json:"attempts,omitempty"`
	// Class is why the last attempt failed.
	Class string `json:"class,omitempty"`
	// Since is the oldest push that is not applied.
	Since time.Time `json:"since"`
	// Due is when it is tried next.
	Due time.Time `json:"due"`
}

// ScimShown is an object as the administrator sees it.
type ScimShown struct {
	// Resource is as it was pushed, with its members or groups.
	Resource ScimResource
	Deleted  time.Time
	Pending  *ScimPending
	Accounts []ScimAccount
	// Runs are the last that took the object up, the newest first.
	Runs []ScimTaken
}

// ScimAccount is what an object is in a target.
type ScimAccount struct {
	Target string `json:"target"`
	// RemoteID is the id of the account or group there.
	RemoteID string `json:"remote_id"`
	// Name is the account's e-mail address or the group's name, as last seen.
	Name string `json:"name"`
	// Status is the account's; empty for a group.
	Status string `json:"status,omitempty"`
	// Origin is "created" or "adopted".
	Origin string `json:"origin"`
}

// ScimTaken is a run that took an object up.
type ScimTaken struct {
	// Run is 0 when nothing had to be done.
	Run  int64     `json:"run"`
	Done time.Time `json:"done"`
	// Changes are what it made of the object.
	Changes []Count `json:"changes,omitempty"`
	// Notes are what the run noticed about it, in words.
	Notes []string `json:"notes,omitempty"`
}
