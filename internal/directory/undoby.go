package directory

import "slices"

// UndoBy is the kind of change that takes an account's access back when what
// gave it is undone: the gentlest that RestoreAccount takes back. It is empty
// where there is none.
func (c Capabilities) UndoBy() Kind {
	for _, kind := range []Kind{SuspendAccount, DeactivateAccount} {
		if slices.Contains(c.Steps, kind) {
			return kind
		}
	}
	return ""
}

// TellsAddress reports whether the target tells the addresses of accounts, and
// finds accounts by them. That goes without saying where nothing is said.
func (c Capabilities) TellsAddress() bool {
	return len(c.LinkBy) == 0 || slices.Contains(c.LinkBy, "email")
}
