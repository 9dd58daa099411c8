package oktasim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

func isTimeAttribute(name string) bool {
	switch name {
	case "created", "activated", "statusChanged", "lastUpdated", "lastMembershipUpdated":
		return true
	}
	return false
}

// userFilter is "filter" of GET /api/v1/users: seven properties, eq only, but
// lastUpdated can be ordered.
var userFilter = dialect{isTime: isTimeAttribute, operators: func(name string) []string {
	switch name {
	case "id", "status", "profile.login", "profile.email", "profile.firstName", "profile.lastName":
		return onlyEqual
	case "lastUpdated":
		return timeOrder
	}
	return nil
}}

// userSearch is "search" of GET /api/v1/users.
var userSearch = dialect{isTime: isTimeAttribute, foldCase: true, operators: func(name string) []string {
	switch {
	case isTimeAttribute(name) && name != "lastMembershipUpdated":
		return append(slices.Clone(timeOrder), "pr")
	case name == "id" || name == "status" || name == "type.id":
		return userSearches
	}
	if attribute, ok := strings.CutPrefix(name, "profile."); ok && attribute != "" {
		return userSearches
	}
	return nil
}}

// groupFilter is "filter" of GET /api/v1/groups.
var groupFilter = dialect{isTime: isTimeAttribute, operators: func(name string) []string {
	switch name {
	case "id", "type":
		return onlyEqual
	case "lastUpdated", "lastMembershipUpdated":
		return timeOrder
	}
	return nil
}}

// groupSearch is "search" of GET /api/v1/groups: sw, eq and, for the name and
// the description, co.
var groupSearch = dialect{isTime: isTimeAttribute, foldCase: true, operators: func(name string) []string {
	switch name {
	case "created", "lastUpdated", "lastMembershipUpdated":
		return timeOrder
	case "profile.name", "profile.description":
		return []string{"eq", "sw", "co"}
	case "id", "type", "source.id":
		return []string{"eq", "sw"}
	}
	return nil
}}

// logFilter is "filter" of GET /api/v1/logs: everything but [ ].
var logFilter = dialect{not: true, foldCase: true, isTime: func(string) bool { return false },
	operators: func(name string) []string {
		if slices.Contains(logAttributes, name) {
			return anyOperator
		}
		return nil
	}}

func timeText(t time.Time) []string {
	if t.IsZero() {
		return nil
	}
	return []string{t.Format(timeLayout)}
}

// attribute is what filters of users compare.
func (rec *userRecord) attribute(id, name string) []string {
	switch name {
	case "id":
		return []string{id}
	case "status":
		return []string{rec.Status}
	case "type.id":
		return []string{"oty1sbx0000000000usr"}
	case "created":
		return timeText(rec.Created)
	case "activated":
		return timeText(rec.Activated)
	case "statusChanged":
		return timeText(rec.StatusChanged)
	case "lastUpdated":
		return timeText(rec.LastUpdated)
	case "profile.login":
		return []string{rec.Login}
	case "profile.email":
		return []string{rec.Email}
	case "profile.firstName":
		return []string{rec.FirstName}
	case "profile.lastName":
		return []string{rec.LastName}
	}
	if value, ok := rec.Other[strings.TrimPrefix(name, "profile.")]; ok && strings.HasPrefix(name, "profile.") {
		return []string{fmt.Sprint(value)}
	}
	return nil
}

// attribute is what filters of groups compare.
func (rec *groupRecord) attribute(id, name string) []string {
	switch name {
	case "id":
		return []string{id}
	case "type":
		return []string{rec.Type}
	case "created":
		return timeText(rec.Created)
	case "lastUpdated":
		return timeText(rec.LastUpdated)
	case "lastMembershipUpdated":
		return timeText(rec.LastMembershipUpdated)
	case "profile.name":
		return []string{rec.Name}
	case "profile.description":
		return []string{rec.Description}
	}
	return nil
}
