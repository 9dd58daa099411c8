package activities

import (
	"context"
	"errors"

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
	return b.each(ctx, linked, b.converge)
}

// join gives each joiner an account: one that exists and is theirs by the
// configured attributes is adopted, one to one; for the others, that they were
// not there is committed before they are created, so that what is found after
// a crash is known to be ours.
func (b *batch) join(ctx context.Context, joiners []store.DueChange) error {
	if len(joiners) == 0 {
		return nil
	}
	matches, err := b.match(ctx, joiners)
	if err != nil {
		return err
	}
	linked, err := b.Store.LinkedAccounts(ctx, b.target.Identity, matches.ids())
	if err != nil {
		return err
	}
	var create, adopted []store.DueChange
	var links []store.Outcome
	for _, d := range joiners {
		m := matches.of(d)
		if reason, not := b.notForUs(d); not {
			if link, made := b.madeInVain(d, m.accounts, linked); made {
				links = append(links, link)
			}
			if err := b.record(ctx, d, ended(directory.Skipped, reason)); err != nil {
				return err
			}
			continue
		}
		if d.AccountID != "" {
			m = match{accounts: resumed(d, m.accounts)}
		}
		if m.class != "" {
			if err := b.record(ctx, d, ended(directory.Refused, m.class)); err != nil {
				return err
			}
			continue
		}
		if len(m.accounts) == 0 {
			create = append(create, d)
			continue
		}
		outcome, theirs := b.adopt(d, m.accounts, linked)
		if theirs {
			a := m.accounts[0]
			becomes := take
			if d.AccountID != "" {
				becomes = resume
			}
			if err := becomes(&d, a); err != nil {
				return err
			}
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
	full := new(seats)
	if err := b.settleAdopted(ctx, adopted, taken, full); err != nil {
		return err
	}
	creator, creates := b.target.Target.(directory.AccountCreator)
	if !creates {
		// People get their account by other means; it is found later, and adopted.
		return b.each(ctx, create, func(context.Context, store.DueChange) attempt {
			return ended(directory.Skipped, directory.ClassUnsupported)
		})
	}
	if err := b.Store.Intend(ctx, b.claim, changeIDs(create), b.Now()); err != nil {
		return err
	}
	err = b.create(ctx, creator, create, full)
	return errors.Join(err, b.callOff(ctx, intended{creates: create}))
}

// create makes accounts: first those who have waited for a licence, in their
// order, then the others together.
func (b *batch) create(ctx context.Context, creator directory.AccountCreator, due []store.DueChange, full *seats) error {
	// The link now, the outcome once the rest is written too: an attempt that is
	// cut off between the two leaves a change that is still to be done.
	settle := func(d store.DueChange, t attempt) error {
		if t.State != directory.Applied {
			return b.record(ctx, d, t)
		}
		t.State, t.UserID = "", d.UserID
		return b.recorder.add(t.Outcome, subjectOf(d))
	}
	for _, turn := range turns(due) {
		made, err := b.together(ctx, turn, full, creator.CreateAccounts, settle)
		if err != nil {
			return err
		}
		if err := b.observeCreated(ctx, made); err != nil {
			return err
		}
	}
	return nil
}

// madeInVain returns the link of an account that was made for somebody who is
// to have none by now: it was not there when it was about to be made, and that
// it was made was never recorded. Once linked, it can be suspended.
func (b *batch) madeInVain(d store.DueChange, accounts []directory.Account, linked map[string]int64) (store.Outcome, bool) {
	if d.IntentAt == 0 || d.AccountID != "" || d.DesiredState == string(directory.DesireActive) || len(accounts) == 0 {
		return store.Outcome{}, false
	}
	if _, theirs := b.adopt(d, accounts, linked); !theirs {
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
	case b.protected.Account("", d.DesiredEmail, d.DesiredUserName):
		return directory.ClassProtected, true
	}
	return "", false
}

// together creates accounts, or gives accounts their access, along with the
// memberships they should have, hands on what that came to, and returns those
// for whom it was done. Once no licence is free, nobody else is asked for.
func (b *batch) together(ctx context.Context, due []store.DueChange, full *seats,
	call func(context.Context, []directory.NewAccount, func(directory.AccountCreated)) error,
	settle func(store.DueChange, attempt) error) ([]newcomer, error) {
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
	carried := map[int64][]store.Wanted{}
	if b.target.Can.CreatesInGroups {
		for _, d := range due {
			carried[d.ID] = wanted[d.UserID]
		}
	}
	members, err := b.intendMembers(ctx, carried)
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]store.DueChange, len(due))
	people := make([]directory.NewAccount, len(due))
	for i, d := range due {
		byID[d.ID] = d
		attributes, err := store.ReadAttributes(d.DesiredAttributes)
		if err != nil {
			return nil, err
		}
		people[i] = directory.NewAccount{Ref: d.ID, AccountID: d.AccountID, UserName: d.DesiredUserName, Email: d.DesiredEmail, DisplayName: d.DesiredName, Attributes: attributes}
		for _, w := range wanted[d.UserID] {
			people[i].GroupIDs = append(people[i].GroupIDs, w.TargetGroupID)
		}
	}
	gated := directory.WithGate(ctx, func(ctx context.Context, ref int64) error {
		if err := full.left(); err != nil {
			return &directory.LeftOutError{Err: err}
		}
		err := b.pass(ctx, byID[ref])
		if errors.Is(err, errSkipped) {
			return &directory.LeftOutError{Err: err}
		}
		if err == nil {
			b.sent.begin(ref)
		}
		return err
	})
	var made []newcomer
	var stop error
	err = call(gated, people, func(done directory.AccountCreated) {
		d := byID[done.Ref]
		b.sent.ended(d.ID, done.Err)
		t := waits(failed(done.Err))
		switch {
		case errors.Is(done.Err, errSkipped):
			t = ended(directory.Skipped, directory.ClassByHand)
		case t.State == directory.Waiting:
			full.none(done.Err)
		}
		t.Unlink = d.AccountID != ""
		switch {
		case done.Err != nil:
		case d.AccountID != "" && d.AccountID != done.AccountID:
			t = ended(directory.Refused, directory.ClassAmbiguous) // the address has become somebody else's meanwhile
			t.Unlink = true
		default:
			t = b.created(d, done, joinedGroups(wanted[d.UserID], done.Joined))
			d.AccountID = done.AccountID
			made = append(made, newcomer{d, done.Account})
		}
		if err := settle(d, t); err != nil && stop == nil {
			stop = err
		}
	})
	if stop != nil {
		err = stop
	}
	return made, errors.Join(err, b.callOff(ctx, intended{members: members}))
}

// created is the outcome of a change whose account is there now.
func (b *batch) created(d store.DueChange, done directory.AccountCreated, joined []int64) attempt {
	account := directory.Account{ID: done.AccountID, UserName: d.DesiredUserName, Email: d.DesiredEmail, Status: directory.AccountActive}
	origin := store.Created
	if d.AccountID != "" {
		account = known(d)
		account.Status = directory.AccountActive
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
