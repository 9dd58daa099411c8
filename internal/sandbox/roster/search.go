package roster

import "strings"

// Matching returns the accounts with a text in their user name, display name or
// e-mail address, whatever its case, in the order in which they were added.
func (r *Roster) Matching(text string) []Account {
	text = fold(text)
	r.mu.RLock()
	defer r.mu.RUnlock()
	var found []Account
	for _, a := range r.order {
		if strings.Contains(a.text, text) {
			found = append(found, a.copied())
		}
	}
	return found
}

// textOf is what Matching looks through; a text never reaches over the border
// between two fields.
func textOf(a Account) string {
	return fold(a.UserName + "\x00" + a.DisplayName + "\x00" + a.Email)
}
