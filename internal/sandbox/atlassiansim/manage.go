package atlassiansim

import (
	"encoding/json"
	"net/http"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

// extendedProfile is ExtendedProfile.
type extendedProfile struct {
	JobTitle     string `json:"job_title,omitempty"`
	Department   string `json:"department,omitempty"`
	Organization string `json:"organization,omitempty"`
	Location     string `json:"location,omitempty"`
}

// rule is Manageability.Rule.Simple.
type rule struct {
	Allowed bool    `json:"allowed"`
	Reason  *reason `json:"reason,omitempty"`
}

type reason struct {
	Key string `json:"key"`
}

func allowed(restriction string) rule {
	if restriction == "" {
		return rule{Allowed: true}
	}
	return rule{Reason: &reason{restriction}}
}

// lifecycleRestriction says why an account's lifecycle may not be touched: an
// identity provider owns it, or it is the caller's own.
func (s *Sim) lifecycleRestriction(a *account) string {
	if a == s.owner {
		return "administrative.notMyself"
	}
	return a.synced
}

// privileges are what GET …/manage can be asked about.
var privileges = []string{
	"profile", "profile.write", "profile.read", "email.set", "lifecycle.enablement", "lifecycle.delete", "apiToken.read",
	"apiToken.delete",
}

func (s *Sim) permissions(w http.ResponseWriter, r *http.Request, a *account) {
	asked := r.URL.Query()["privileges"]
	for _, name := range asked {
		if !slices.Contains(privileges, name) {
			write(w, http.StatusBadRequest, keyed{Key: "bodyParseFailure"})
			return
		}
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	fields := map[string]rule{}
	for _, field := range profileFields {
		fields[field] = allowed(a.synced)
	}
	lifecycle := allowed(s.lifecycleRestriction(a))
	all := map[string]any{
		"profile": fields, "profile.write": fields, "profile.read": allowed(""), "email.set": allowed(a.synced),
		"lifecycle.enablement": lifecycle, "lifecycle.delete": lifecycle, "apiToken.read": allowed(""),
		"apiToken.delete": allowed(""),
	}
	for name := range all {
		if len(asked) > 0 && !slices.Contains(asked, name) {
			delete(all, name)
		}
	}
	write(w, http.StatusOK, all)
}

var profileFields = []string{"name", "nickname", "locale", "zoneinfo", "extended_profile"}

// profileDocument is AtlassianAccountUser.
type profileDocument struct {
	AccountID       string          `json:"account_id"`
	AccountType     string          `json:"account_type"`
	AccountStatus   string          `json:"account_status"`
	Name            string          `json:"name"`
	Nickname        string          `json:"nickname"`
	Email           string          `json:"email"`
	Picture         string          `json:"picture"`
	Locale          string          `json:"locale"`
	ZoneInfo        string          `json:"zoneinfo"`
	ExtendedProfile extendedProfile `json:"extended_profile"`
}

func writeProfile(w http.ResponseWriter, a *account) {
	write(w, http.StatusOK, struct {
		Account profileDocument `json:"account"`
	}{profileDocument{
		AccountID: a.id, AccountType: "atlassian", AccountStatus: a.lifecycle, Name: a.name, Nickname: a.nickname,
		Email: a.email, Picture: "https://avatars.example.net/" + url.PathEscape(a.id), Locale: a.locale,
		ZoneInfo: a.zoneinfo, ExtendedProfile: a.profile,
	}})
}

func (s *Sim) getProfile(w http.ResponseWriter, _ *http.Request, a *account) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	writeProfile(w, a)
}

type violation struct {
	Field      string   `json:"field"`
	Violations []reason `json:"violations"`
}

func violated(w http.ResponseWriter, violations ...violation) {
	write(w, http.StatusBadRequest, keyed{Key: "fieldConstraintsViolated", Context: map[string]any{"fieldViolations": violations}})
}

// text checks a profile's text: at most so many characters, no control
// characters, and a name is never empty.
func text(field, value string, most int) []violation {
	var keys []reason
	if len([]rune(value)) > most {
		keys = append(keys, reason{"maxLength"})
	}
	if control(value) {
		keys = append(keys, reason{"validCharacters"})
	}
	if strings.TrimSpace(value) == "" {
		keys = append(keys, reason{"minLength"})
	}
	if len(keys) == 0 {
		return nil
	}
	return []violation{{field, keys}}
}

// The longest name and nickname, in characters, by their descriptions.
const (
	nameLimit     = 100
	nicknameLimit = 30
)

func (s *Sim) patchProfile(w http.ResponseWriter, r *http.Request, a *account) {
	var sent map[string]json.RawMessage
	if err := decode(r, &sent); err != nil || len(sent) == 0 {
		write(w, http.StatusBadRequest, keyed{Key: "bodyParseFailure"})
		return
	}
	raw, err := json.Marshal(sent)
	if err != nil {
		write(w, http.StatusBadRequest, keyed{Key: "bodyParseFailure"})
		return
	}
	var body struct {
		Name            *string          `json:"name"`
		Nickname        *string          `json:"nickname"`
		Locale          *string          `json:"locale"`
		ZoneInfo        *string          `json:"zoneinfo"`
		ExtendedProfile *extendedProfile `json:"extended_profile"`
	}
	if err := strict(raw, &body); err != nil {
		write(w, http.StatusBadRequest, keyed{Key: "bodyParseFailure"})
		return
	}
	var violations []violation
	if body.Name != nil {
		violations = append(violations, text("name", *body.Name, nameLimit)...)
	}
	if body.Nickname != nil {
		violations = append(violations, text("nickname", *body.Nickname, nicknameLimit)...)
	}
	violations = append(violations, profileViolations(body.Locale, body.ZoneInfo, body.ExtendedProfile)...)
	if len(violations) > 0 {
		violated(w, violations...)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.synced != "" && len(sent) > 0 {
		context := map[string]rule{}
		for field := range sent {
			context[field] = allowed(a.synced)
		}
		write(w, http.StatusForbidden, keyed{Key: "forbidden.fieldMutation", Context: context})
		return
	}
	before := a.record
	s.change(a, func() {
		set(&a.name, body.Name)
		set(&a.nickname, body.Nickname)
		set(&a.locale, body.Locale)
		set(&a.zoneinfo, body.ZoneInfo)
		set(&a.profile, body.ExtendedProfile)
	})
	if a.name != before.name || a.nickname != before.nickname || a.locale != before.locale ||
		a.zoneinfo != before.zoneinfo || a.profile != before.profile {
		fault.Applied(r, "update-profile:"+a.id)
	}
	writeProfile(w, a)
}

// locales are IETF BCP 47 as far as it goes without its registry: a language,
// then a script, a region and variants.
var locales = regexp.MustCompile(`^[A-Za-z]{2,3}([-_][A-Za-z]{4})?([-_]([A-Za-z]{2}|[0-9]{3}))?([-_][A-Za-z0-9]{5,8})*$`)

// profileViolations checks what else of a profile the description gives a
// form to. An empty value clears.
func profileViolations(locale, zone *string, profile *extendedProfile) []violation {
	var found []violation
	wrong := func(field string, bad bool) {
		if bad {
			found = append(found, violation{field, []reason{{"validCharacters"}}})
		}
	}
	if locale != nil && *locale != "" {
		wrong("locale", !locales.MatchString(*locale))
	}
	if zone != nil && *zone != "" {
		_, err := time.LoadLocation(*zone)
		wrong("zoneinfo", err != nil || *zone == "Local")
	}
	if profile != nil {
		wrong("extended_profile", control(profile.JobTitle) || control(profile.Department) ||
			control(profile.Organization) || control(profile.Location))
	}
	return found
}

func set[T any](into *T, value *T) {
	if value != nil {
		*into = *value
	}
}

// partLimit is the longest user part of an address.
const partLimit = 255

// setEmail wants the new address in a verified domain. An address that
// another account has violates a constraint of the field; the description
// names no other answer for it.
func (s *Sim) setEmail(w http.ResponseWriter, r *http.Request, a *account) {
	var body struct {
		Email *string `json:"email"`
	}
	if err := decode(r, &body); err != nil || body.Email == nil {
		write(w, http.StatusBadRequest, keyed{Key: "bodyParseFailure"})
		return
	}
	email := *body.Email
	address, err := mail.ParseAddress(email)
	local, domain, _ := strings.Cut(email, "@")
	switch {
	case control(email) || err != nil || address.Address != email:
		violated(w, violation{"email", []reason{{"validCharacters"}}})
		return
	case len(local) > partLimit:
		violated(w, violation{"email", []reason{{"partMaxLength"}}})
		return
	case !s.managedDomain(email):
		write(w, http.StatusForbidden, keyed{Key: "forbidden.unclaimedDomain", Context: map[string]string{"domain": domain}})
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.synced != "" {
		s.forbidden(w, a.synced)
		return
	}
	if other := s.accountByEmail[fold(email)]; other != nil && other != a {
		violated(w, violation{"email", []reason{{"unavailable"}}})
		return
	}
	if a.email != email {
		s.change(a, func() {
			delete(s.accountByEmail, fold(a.email))
			a.email = email
			s.accountByEmail[fold(email)] = a
		})
		fault.Applied(r, "set-email:"+a.id)
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sim) forbidden(w http.ResponseWriter, restriction string) {
	write(w, http.StatusForbidden, keyed{Key: "forbidden.action", Context: allowed(restriction)})
}
