package okta

import (
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// The records hold what is needed of Okta's objects and nothing else: the SDK's
// own decode every profile into a map.

type userRecord struct {
	ID          string        `json:"id"`
	Status      string        `json:"status"`
	LastUpdated time.Time     `json:"lastUpdated"`
	Profile     profileRecord `json:"profile"`
}

func (r userRecord) key() string { return r.ID }

// statusOf maps Okta's words. One that is not known, and ACTIVATING, which is
// on its way, are pending: nobody gains or loses an account by them.
func statusOf(status string) directory.Status {
	switch status {
	case "ACTIVE", "PASSWORD_EXPIRED", "LOCKED_OUT", "RECOVERY":
		return directory.StatusActive
	case "SUSPENDED":
		return directory.StatusSuspended
	case "DEPROVISIONED":
		return directory.StatusDeprovisioned
	}
	return directory.StatusPending
}

type groupRecord struct {
	ID                    string    `json:"id"`
	Type                  string    `json:"type"`
	LastUpdated           time.Time `json:"lastUpdated"`
	LastMembershipUpdated time.Time `json:"lastMembershipUpdated"`
	Profile               struct {
		Name        string `json:"name"`
		Description string `json:"description"`
	} `json:"profile"`
}

func (r groupRecord) key() string { return r.ID }

func (r groupRecord) group(assigned bool) directory.Group {
	return directory.Group{
		SourceID: r.ID, Name: r.Profile.Name, Description: r.Profile.Description, Type: r.Type, Assigned: assigned,
		LastUpdated: r.LastUpdated, LastMembershipUpdated: r.LastMembershipUpdated,
	}
}

// appUserRecord is the assignment of a user to an application.
type appUserRecord struct {
	ID       string `json:"id"`
	Status   string `json:"status"`
	Embedded struct {
		User *userRecord `json:"user"`
	} `json:"_embedded"`
}

func (r appUserRecord) key() string { return r.ID }

// assigned is false only for the one status that says so. The others tell how
// the application's own account fares, which is not Rollcall's business.
func (r appUserRecord) assigned() bool { return r.Status != "UNASSIGNED" }

// appGroupRecord is the assignment of a group to an application.
type appGroupRecord struct {
	ID       string `json:"id"`
	Embedded struct {
		Group *groupRecord `json:"group"`
	} `json:"_embedded"`
}

func (r appGroupRecord) key() string { return r.ID }

// idRecord is any object of which only the id matters.
type idRecord struct {
	ID string `json:"id"`
}

func (r idRecord) key() string { return r.ID }
