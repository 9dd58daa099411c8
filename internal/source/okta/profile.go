package okta

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Attributes are those of a user's profile that are wanted, by Okta's names.
type Attributes struct {
	Names []string
	// All wants them all.
	All bool
}

// profileRecord is a profile: what is always needed of it, and its text.
type profileRecord struct {
	Login       string          `json:"login"`
	Email       string          `json:"email"`
	FirstName   string          `json:"firstName"`
	LastName    string          `json:"lastName"`
	DisplayName string          `json:"displayName"`
	Text        json.RawMessage `json:"-"`
}

// UnmarshalJSON keeps the text beside what is always needed.
func (p *profileRecord) UnmarshalJSON(text []byte) error {
	type plain profileRecord
	if err := json.Unmarshal(text, (*plain)(p)); err != nil {
		return fmt.Errorf("read profile: %w", err)
	}
	p.Text = bytes.Clone(text)
	return nil
}

// user is what a record says of a user. A profile that cannot be read makes the
// source unavailable: it is no sign that an attribute is missing.
func (s *Source) user(r userRecord, assigned bool) (directory.User, error) {
	attributes, err := s.config.Attributes.of(r.Profile.Text)
	if err != nil {
		return directory.User{}, &directory.UnavailableError{Call: getUser, Status: http.StatusOK, Detail: "a profile is not the JSON that was expected"}
	}
	return directory.User{
		SourceID: r.ID, Status: statusOf(r.Status), Assigned: assigned,
		Login: r.Profile.Login, Email: r.Profile.Email,
		FirstName: r.Profile.FirstName, LastName: r.Profile.LastName, DisplayName: r.Profile.DisplayName,
		Attributes: attributes, LastUpdated: r.LastUpdated,
	}, nil
}

// of returns the attributes of a profile that are wanted; nil when there are none.
func (a Attributes) of(profile []byte) (map[string]any, error) {
	if !a.All && len(a.Names) == 0 || len(profile) == 0 {
		return nil, nil
	}
	var every map[string]any
	if err := json.Unmarshal(profile, &every); err != nil {
		return nil, fmt.Errorf("read profile: %w", err)
	}
	kept := make(map[string]any, len(a.Names))
	for name, value := range every {
		if !a.All && !slices.Contains(a.Names, name) {
			continue
		}
		if value := plainValue(value); value != nil {
			kept[name] = value
		}
	}
	if len(kept) == 0 {
		return nil, nil
	}
	return kept, nil
}

// plainValue is what directory.User.Attributes can hold of a value; nil is
// nothing. Okta's profiles have texts, numbers, booleans and lists of those;
// developer.okta.com/docs/reference/api/schemas.
func plainValue(value any) any {
	switch value := value.(type) {
	case string, bool, float64:
		return value
	case []any:
		texts := make([]string, 0, len(value))
		for _, one := range value {
			switch one := one.(type) {
			case string:
				texts = append(texts, one)
			case float64, bool:
				texts = append(texts, fmt.Sprint(one))
			}
		}
		return texts
	}
	return nil
}
