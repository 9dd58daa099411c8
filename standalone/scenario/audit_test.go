package scenario

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// audit knows what must never be seen outside the database: who is in the
// source, what its groups are called, the secrets, and what the vendors said
// in their errors.
type audit struct {
	mu     sync.Mutex
	words  map[string]bool // seen as a word of its own, in this case
	pieces map[string]bool // seen anywhere, in lower case
}

func newAudit() *audit { return &audit{words: map[string]bool{}, pieces: map[string]bool{}} }

// person adds a person. Names of one or two letters count with the other name only.
func (a *audit) person(first, last string, addresses ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, name := range []string{first, last, strings.TrimSpace(first + " " + last)} {
		if utf8.RuneCountInString(name) > 2 {
			a.words[name] = true
		}
	}
	for _, address := range addresses {
		a.pieces[strings.ToLower(address)] = true
	}
}

// word adds a name that counts where it stands alone.
func (a *audit) word(word string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.words[word] = true
}

// piece adds what counts anywhere.
func (a *audit) piece(text string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pieces[strings.ToLower(text)] = true
}

// organisation adds everybody and every group that the source has now.
func (a *audit) organisation(s *scenario) {
	state := s.Box.Okta.State()
	for _, u := range state.Users {
		a.person(u.FirstName, u.LastName, u.Login, u.Email)
	}
	for _, g := range state.Groups {
		a.word(g.Name)
	}
	a.piece(s.Box.OktaToken())
	for _, target := range s.Box.Announcement().Targets {
		for name, value := range target.Settings {
			if secret, ok := value.(string); ok && secretSetting(name) {
				a.piece(secret)
			}
		}
	}
}

// secretSetting says whether a setting of a target is a secret.
func secretSetting(name string) bool {
	return name == "api_key" || name == "organization_key" || name == "token" || name == "password"
}

// find returns what of that is in a text.
func (a *audit) find(text string) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var found []string
	lower := strings.ToLower(text)
	for piece := range a.pieces {
		if strings.Contains(lower, piece) {
			found = append(found, piece)
		}
	}
	for word := range a.words {
		if containsWord(text, word) {
			found = append(found, word)
		}
	}
	return found
}

// containsWord reports whether word is in text with no letter or digit on either side.
func containsWord(text, word string) bool {
	for from := 0; ; {
		at := strings.Index(text[from:], word)
		if at < 0 {
			return false
		}
		begin, end := from+at, from+at+len(word)
		before, _ := utf8.DecodeLastRuneInString(text[:begin])
		after, _ := utf8.DecodeRuneInString(text[end:])
		if !letterOrDigit(before) && !letterOrDigit(after) {
			return true
		}
		from = end
	}
}

func letterOrDigit(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// listening passes calls on and adds every sentence of an error's answer: a
// vendor's code is a word and may be logged, what it says may not.
func (a *audit) listening(standIn http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		standIn.ServeHTTP(&overheard{ResponseWriter: w, audit: a}, r)
	})
}

type overheard struct {
	http.ResponseWriter
	audit  *audit
	status int
}

func (o *overheard) WriteHeader(status int) {
	o.status = status
	o.ResponseWriter.WriteHeader(status)
}

func (o *overheard) Write(b []byte) (int, error) {
	if o.status >= http.StatusBadRequest {
		var answer any
		if json.Unmarshal(b, &answer) == nil {
			o.audit.sentences(answer)
		}
	}
	n, err := o.ResponseWriter.Write(b)
	if err != nil {
		return n, fmt.Errorf("write answer: %w", err)
	}
	return n, nil
}

func (a *audit) sentences(value any) {
	switch v := value.(type) {
	case map[string]any:
		for _, inner := range v {
			a.sentences(inner)
		}
	case []any:
		for _, inner := range v {
			a.sentences(inner)
		}
	case string:
		if strings.Contains(strings.TrimSpace(v), " ") {
			a.piece(v)
		}
	}
}
