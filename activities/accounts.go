package activities

import (
	"context"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// accounts applies the changes of accounts that should be there: those to be
// made are found or created together, the rest one by one. One to be made that
// has a link already is what an attempt that was cut off has left unfinished.
func (b *batch) accounts(ctx context.Context, due []store.DueChange) error {
	var joiners, linked []store.DueChange
	for _, d := range due {
		if directory.Kind(d.Kind) == directory.CreateAccount {
			joiners = append(joiners, d)
		} else {
			linked = append(linked, d)
		}
	}
	if err := b.join(ctx, joiners); err != nil {
		return err
	}
	return eachAtOnce(ctx, b.target.Concurrency, len(linked), func(ctx context.Context, i int) error {
		return b.record(ctx, linked[i], b.converge(ctx, linked[i]))
	})
}

// join gives each joiner an account: one that exists with exactly that
// address is adopted, one to one; for the others, that they were not there is
// committed before they are created, so that what is found after a crash is
// known to be ours.
func (b *batch) join(ctx context.Context, joiners []store.DueChange) error {
	emails := make([]string, 0, len(joiners))
	for _, d := range joiners {
		emails = append(emails, d.DesiredEmail)
	}
	if len(emails) == 0 {
		return nil
	}
	found, err := b.findByEmail(ctx, emails)
	if err != nil {
		return err
	}
	var ids []string
	for _, accounts := range found {
		for _, a := range accounts {
			ids = append(ids, a.ID)
		}
	}
	linked, err := b.Store.LinkedAccounts(ctx, b.target.Identity, ids)
	if err != nil {
		return err
	}
	var create, adopted []store.DueChange
	var links []store.Outcome
	var intended []int64
	for _, d := range joiners {
		accounts := found[strings.ToLower(d.DesiredEmail)]
		if reason, not := b.notForUs(d); not {
			if link, made := b.madeInVain(d, accounts, linked); made {
				links = append(links, link)
			}
			if err := b.record(ctx, d, ended(directory.Skipped, reason)); err != nil {
				return err
			}
			continue
		}
		if d.AccountID != "" {
			accounts = resumed(d, accounts)
		}
		if len(accounts) == 0 {
			create = append(create, d)
			intended = append(intended, d.ID)
			continue
		}
		outcome, take := b.adopt(d, accounts, linked)
		if take {
			a := accounts[0]
			d.AccountID, d.AccountEmail, d.AccountName, d.AccountStatus, d.Managed = a.ID, a.Email, a.DisplayName, string(a.Status), a.Managed
			adopted = append(adopted, d)
			links = append(links, store.Outcome{UserID: d.UserID, Account: &a, Origin: originOf(d)})
			continue
		}
		if err := b.record(ctx, d, outcome); err != nil {
			return err
		}
	}
	// The link first: only an account that is known to be theirs is changed.
	taken, err := b.Store.LinkAccounts(ctx, b.claim, b.targetID, b.target.Identity, links, b.Now())
	if err != nil {
		return err
	}
	if err := b.settleAdopted(ctx, adopted, taken); err != nil {
		return err
	}
	if err := b.Store.Intend(ctx, b.claim, intended, b.Now()); err != nil {
		return err
	}
	// The link now, the outcome once the name is written too: an attempt that is
	// cut off between the two leaves a change that is still to be done.
	made, err := b.together(ctx, create, b.target.CreateAccounts, func(d store.DueChange, t attempt) error {
		if t.State != directory.Applied {
			return b.record(ctx, d, t)
		}
		t.State, t.UserID = "", d.UserID
		return b.recorder.add(t.Outcome, subjectOf(d))
	})
	if err != nil {
		return err
	}
	return b.observeCreated(ctx, made)
}

// madeInVain returns the link of an account that was made for somebody who is
// to have none by now: it was not there when it was about to be made, and that
// it was made was never recorded. Once linked, it can be suspended.
func (b *batch) madeInVain(d store.DueChange, accounts []directory.Account, linked map[string]int64) (store.Outcome, bool) {
	if d.IntentAt == 0 || d.AccountID != "" || d.DesiredState == string(directory.DesireActive) || len(accounts) == 0 {
		return store.Outcome{}, false
	}
	if _, take := b.adopt(d, accounts, linked); !take {
		return store.Outcome{}, false
	}
	return store.Outcome{UserID: d.UserID, Account: &accounts[0], Origin: originOf(d)}, true
}

// notForUs reports whether a joiner is to have no account from us: because
// none is desired any more, or because the address is a protected one.
func (b *batch) notForUs(d store.DueChange) (directory.Class, bool) {
	switch {
	case d.DesiredState != string(directory.DesireActive):
		return directory.ClassStale, true
	case b.protected.Account("", d.DesiredEmail):
		return directory.ClassProtected, true
	}
	return "", false
}

func (b *batch) findByEmail(ctx context.Context, emails []string) (map[string][]directory.Account, error) {
	accounts, err := steady(ctx, func() ([]directory.Account, error) { return b.target.FindAccounts(ctx, emails) })
	if err != nil {
		return nil, err
	}
	found := make(map[string][]directory.Account, len(accounts))
	for _, a := range accounts {
		key := strings.ToLower(a.Email)
		found[key] = append(found[key], a)
	}
	return found, nil
}

// together creates accounts, or gives accounts their access, along with the
// memberships they should have, hands on what that came to, and returns those
// for whom it was done.
func (b *batch) together(ctx context.Context, due []store.DueChange,
	call func(context.Context, []directory.NewAccount, func(directory.AccountCreated)) error,
	settle func(store.DueChange, attempt) error) ([]store.DueChange, error) {
	if len(due) == 0 {
		return nil, nil
	}
	users := make([]int64, len(due))
	for i, d := range due {
		users[i] = d.UserID
	}
	wanted, err := b.Store.WantedMemberships(ctx, b.targetID, users)
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]store.DueChange, len(due))
	people := make([]directory.NewAccount, len(due))
	for i, d := range due {
		byID[d.ID] = d
		people[i] = directory.NewAccount{Ref: d.ID, Email: d.DesiredEmail, DisplayName: d.DesiredName}
		for _, w := range wanted[d.UserID] {
			people[i].GroupIDs = append(people[i].GroupIDs, w.TargetGroupID)
		}
	}
	var made []store.DueChange
	var stop error
	err = call(ctx, people, func(done directory.AccountCreated) {
		d := byID[done.Ref]
		t := failed(done.Err)
		t.Unlink = d.AccountID != ""
		switch {
		case done.Err != nil:
		case d.AccountID != "" && d.AccountID != done.AccountID:
			t = ended(directory.Refused, directory.ClassAmbiguous) // the address has become somebody else's meanwhile
			t.Unlink = true
		default:
			t = b.created(d, done, joinedGroups(wanted[d.UserID], done.Joined))
			d.AccountID = done.AccountID
			made = append(made, d)
		}
		if err := settle(d, t); err != nil && stop == nil {
			stop = err
		}
	})
	if stop != nil {
		return made, stop
	}
	return made, err
}

// created is the outcome of a change whose account is there now.
func (b *batch) created(d store.DueChange, done directory.AccountCreated, joined []int64) attempt {
	account := directory.Account{ID: done.AccountID, Email: d.DesiredEmail, Status: directory.AccountActive}
	origin := store.Created
	if d.AccountID != "" {
		account.Email, account.DisplayName, account.Managed = d.AccountEmail, d.AccountName, d.Managed
		origin = originOf(d)
	}
	return attempt{Outcome: store.Outcome{State: directory.Applied, Account: &account, Origin: origin, Joined: joined}}
}

func joinedGroups(wanted []store.Wanted, remoteIDs []string) []int64 {
	var groups []int64
	for _, w := range wanted {
		for _, id := range remoteIDs {
			if w.TargetGroupID == id {
				groups = append(groups, w.GroupID)
			}
		}
	}
	return groups
}

// observeCreated learns what the target made of new accounts, whether they
// are managed above all, and writes the attributes that a create could not carry.
func (b *batch) observeCreated(ctx context.Context, made []store.DueChange) error {
	emails := make([]string, len(made))
	for i, d := range made {
		emails[i] = d.DesiredEmail
	}
	if len(emails) == 0 {
		return nil
	}
	found, err := b.findByEmail(ctx, emails)
	if err != nil {
		return err
	}
	return eachAtOnce(ctx, b.target.Concurrency, len(made), func(ctx context.Context, i int) error {
		d := made[i]
		// Where the target's search lags, what the create said has to do.
		account := directory.Account{ID: d.AccountID, Email: d.DesiredEmail, Status: directory.AccountActive}
		for _, a := range found[strings.ToLower(d.DesiredEmail)] {
			if a.ID == d.AccountID {
				account = a
			}
		}
		t := attempt{Outcome: store.Outcome{State: directory.Applied, Account: &account, Origin: store.Created}}
		d.AccountEmail, d.AccountName, d.Managed = account.Email, account.DisplayName, account.Managed
		if account.Managed && d.DesiredName != "" && account.DisplayName != d.DesiredName {
			if err := b.write(ctx, d, directory.AccountPatch{DisplayName: &d.DesiredName}); err != nil {
				return b.nameNotWritten(ctx, d, t, failed(err))
			}
			account.DisplayName = d.DesiredName
		}
		return b.record(ctx, d, t)
	})
}

// nameNotWritten records an account that was created and could not be given
// its name: where that is worth trying again the change is, else a note says so.
func (b *batch) nameNotWritten(ctx context.Context, d store.DueChange, made, failure attempt) error {
	if failure.State == directory.Retry {
		failure.Account, failure.Origin = made.Account, made.Origin
		return b.record(ctx, d, failure)
	}
	err := b.Store.Note(ctx, b.claim, store.Note{TargetID: b.targetID, Code: "name-not-written", UserID: d.UserID,
		Text: "The account was created, its name could not be written: " + string(failure.Class) + "."})
	if err != nil {
		return err
	}
	return b.record(ctx, d, made)
}
