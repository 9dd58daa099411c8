package oktasim

import (
	"fmt"
	"maps"
	"net/mail"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
)

// maxLengths are the attributes of the base profile and how long each may be,
// in characters; 0 means not limited. From the description of UserProfile.
var maxLengths = map[string]int{
	"login": 100, "email": 100, "firstName": 50, "lastName": 50, "middleName": 0, "honorificPrefix": 0,
	"honorificSuffix": 0, "title": 0, "displayName": 0, "nickName": 0, "profileUrl": 0, "secondEmail": 100,
	"mobilePhone": 100, "primaryPhone": 100, "streetAddress": 1024, "city": 128, "state": 128, "zipCode": 50,
	"countryCode": 2, "postalAddress": 4096, "preferredLanguage": 0, "locale": 0, "timezone": 0, "userType": 0,
	"employeeNumber": 0, "costCenter": 0, "organization": 0, "division": 0, "department": 0, "managerId": 0,
	"manager": 0,
}

// required are the attributes that nobody is without.
var required = []string{"login", "email", "firstName", "lastName"}

// checkProfile returns what is wrong with the attributes given, nil if
// nothing; whole is whether those required must be among them.
func checkProfile(profile map[string]any, whole bool) error {
	var causes []string
	for _, name := range slices.Sorted(maps.Keys(profile)) {
		limit, known := maxLengths[name]
		value, isText := profile[name].(string)
		switch {
		case !known:
			causes = append(causes, name+": Property name is not defined in the user profile schema")
		case profile[name] != nil && !isText:
			causes = append(causes, name+": The field must be a string")
		case limit > 0 && utf8.RuneCountInString(value) > limit:
			causes = append(causes, fmt.Sprintf("%s: String length exceeds maximum of %d", name, limit))
		case (name == "login" || name == "email") && value != "" && !isAddress(value):
			causes = append(causes, name+": Does not match required pattern")
		case slices.Contains(required, name) && value == "":
			causes = append(causes, name+": The field cannot be left blank")
		}
	}
	for _, name := range required {
		if _, given := profile[name]; whole && !given {
			causes = append(causes, name+": The field cannot be left blank")
		}
	}
	if len(causes) > 0 {
		return invalid(strings.SplitN(causes[0], ":", 2)[0], causes...)
	}
	return nil
}

func isAddress(text string) bool {
	address, err := mail.ParseAddress(text)
	return err == nil && address.Address == text && len(text) >= 5
}

// set writes attributes to a record.
func (rec *userRecord) set(profile map[string]any) {
	for name, value := range profile {
		text, _ := value.(string)
		switch name {
		case "login":
			rec.Login = text
		case "email":
			rec.Email = text
		case "firstName":
			rec.FirstName = text
		case "lastName":
			rec.LastName = text
		default:
			if value == nil {
				delete(rec.Other, name)
				continue
			}
			if rec.Other == nil {
				rec.Other = map[string]any{}
			}
			rec.Other[name] = value
		}
	}
}

func loginTaken() error {
	return invalid("login", "login: An object with this field already exists in the current organization")
}

// create puts a user in and into the groups given.
func (s *Sim) create(rec *userRecord, groupIDs []string) (*user, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byLogin[strings.ToLower(rec.Login)] != nil {
		return nil, loginTaken()
	}
	var groups []*group
	for _, id := range groupIDs {
		g, err := s.findGroup(id)
		if err != nil {
			return nil, err
		}
		if g.rec.Type != people.OktaGroup {
			return nil, forbidden()
		}
		groups = append(groups, g)
	}
	u := s.addUser(rec)
	s.record("user.lifecycle.create", "Create Okta user", userTarget(u))
	for _, g := range groups {
		if s.join(g, u) {
			s.record("group.user_membership.add", "Add user to group membership", userTarget(u), groupTarget(g))
		}
	}
	return u, nil
}

// updateProfile writes the attributes given; replace deletes the others.
func (s *Sim) updateProfile(idOrLogin string, profile map[string]any, replace bool) (*user, error) {
	if err := checkProfile(profile, replace); err != nil {
		return nil, err
	}
	var updated *user
	err := s.withUser(idOrLogin, func(u *user) error {
		if u.rec.Status == people.Deprovisioned {
			return wrongStatus()
		}
		rec := u.rec.next()
		if replace {
			rec.Other = map[string]any{}
		}
		rec.set(profile)
		before, after := strings.ToLower(u.rec.Login), strings.ToLower(rec.Login)
		if other := s.byLogin[after]; other != nil && other != u {
			return loginTaken()
		}
		delete(s.byLogin, before)
		s.byLogin[after] = u
		rec.LastUpdated = s.now()
		s.put(u, rec)
		s.record("user.account.update_profile", "Update user profile for Okta", userTarget(u))
		updated = u
		return nil
	})
	return updated, err
}

// UpdateProfile writes attributes of a user's profile, such as "email"; the
// others stay.
func (s *Sim) UpdateProfile(idOrLogin string, profile map[string]any) error {
	_, err := s.updateProfile(idOrLogin, profile, false)
	return err
}
