package storetest

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// linkage is a world of five people: one has an account, one is matched by one
// that is there, one by two, one by none, and one has no address; and there is
// an account that nobody has.
func (w *world) linkage() {
	w.Helper()
	w.saveUsers(person("p0"))
	w.settle()
	w.saveUsers(person("p1"), person("p2"), person("p3"), with(person("p4"), func(u *directory.User) { u.Email = "" }))
	w.plan()
	var accounts []directory.Account
	for _, a := range []struct{ id, email string }{{"r1", "p1@example.com"}, {"r2a", "p2@example.com"}, {"r2b", "P2@example.com"}, {"r9", "stranger@example.com"}} {
		accounts = append(accounts, directory.Account{ID: a.id, Email: a.email, DisplayName: a.id, Status: directory.AccountActive, Managed: true})
	}
	_, err := w.Store.ObserveAccounts(w.ctx, w.claim, w.target, accounts, w.now)
	w.ok(err)
}

func (w *world) links(f store.LinkFilter) []string {
	w.Helper()
	f.Connection = "staff"
	var all []string
	for row, err := range w.Store.Links(w.ctx, f) {
		w.ok(err)
		words := []string{row.State}
		for _, word := range []string{strings.TrimSuffix(row.User, "@example.com"), row.RemoteID, row.Origin, row.Why} {
			if word != "" {
				words = append(words, word)
			}
		}
		all = append(all, strings.Join(words, " "))
	}
	return all
}

func linkage(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"accounts are listed on both sides": func(w *world) {
			w.linkage()
			w.same("links", w.links(store.LinkFilter{}), []string{
				"linked p0 acc-1 created",
				"matched p1 r1 same e-mail address",
				"ambiguous p2 r2a several have this e-mail address",
				"ambiguous p2 r2b several have this e-mail address",
				"unmatched-user p3",
				"unmatched-user p4 no e-mail address",
				"unmatched-account r9",
			})
			w.same("of one state", w.links(store.LinkFilter{Target: "cloud", State: store.LinkMatched}), []string{"matched p1 r1 same e-mail address"})
			var unmanaged []string
			for a, err := range w.Store.Unmanaged(w.ctx, store.UnmanagedFilter{Connection: "staff"}) {
				w.ok(err)
				unmanaged = append(unmanaged, a.RemoteID+" "+a.Email)
			}
			w.same("accounts that are nobody's", unmanaged, []string{"r1 p1@example.com", "r2a p2@example.com", "r2b P2@example.com", "r9 stranger@example.com"})
		},
		"where people are known by their user names, accounts are matched by those": func(w *world) {
			w.linkage()
			w.exec(`UPDATE desired_accounts SET user_name = CASE WHEN email = '' THEN '' ELSE SUBSTR(email, 1, 2) END`)
			w.exec(`UPDATE unlinked_accounts SET email = '', email_key = '', user_name = CASE remote_id WHEN 'r9' THEN 'stranger' ELSE UPPER(SUBSTR(email_key, 1, 2)) END`)
			w.exec(`UPDATE accounts SET email = '', email_key = '', user_name = 'P3'`)
			w.same("links", w.links(store.LinkFilter{ByUserName: []string{"cloud"}}), []string{
				"linked p0 acc-1 created",
				"matched p1 r1 same user name",
				"ambiguous p2 r2a several have this user name",
				"ambiguous p2 r2b several have this user name",
				"unmatched-user p3 the account with this user name is linked to somebody else",
				"unmatched-user p4 no user name",
				"unmatched-account r9",
			})
			w.same("in another target alone", w.links(store.LinkFilter{State: store.LinkMatched, ByUserName: []string{"server"}}), []string(nil))
		},
		"what is not known is not found": func(w *world) {
			for _, f := range []store.LinkFilter{{Connection: "others"}, {Connection: "staff", Target: "moon"}} {
				for _, err := range w.Store.Links(w.ctx, f) {
					if !errors.Is(err, store.ErrNotFound) {
						w.Errorf("%+v: %v", f, err)
					}
				}
			}
		},
		"a link that a person sets is adopted, and the account is nobody else's": func(w *world) {
			w.linkage()
			set := store.LinkChange{Connection: "staff", Target: "cloud", UserID: w.userID("p2"), RemoteID: "r2b", Who: ada}
			w.ok(w.Store.SetLink(w.ctx, set, w.now))
			w.ok(w.Store.SetLink(w.ctx, set, w.now))
			w.same("links", w.links(store.LinkFilter{State: store.LinkLinked}), []string{"linked p0 acc-1 created", "linked p2 r2b adopted"})
			w.same("record", w.column(`SELECT what || ' ' || text FROM actions`), []string{"link.set cloud, account r2b"})
			w.same("to be looked at", w.number(`SELECT COUNT(*) FROM users WHERE dirty AND source_id = '00u-p2'`), 1)

			var elsewhere *store.LinkedElsewhereError
			var has *store.HasLinkError
			var unknown *store.AccountUnknownError
			set.UserID = w.userID("p3")
			if err := w.Store.SetLink(w.ctx, set, w.now); !errors.As(err, &elsewhere) || elsewhere.UserID != w.userID("p2") || elsewhere.Connection != "staff" {
				w.Errorf("an account that is somebody's: %v", err)
			}
			set.UserID, set.RemoteID = w.userID("p0"), "r9"
			if err := w.Store.SetLink(w.ctx, set, w.now); !errors.As(err, &has) || has.RemoteID != "acc-1" {
				w.Errorf("somebody who has an account: %v", err)
			}
			set.UserID, set.RemoteID = w.userID("p3"), "r404"
			if err := w.Store.SetLink(w.ctx, set, w.now); !errors.As(err, &unknown) {
				w.Errorf("an account that there is not: %v", err)
			}
			set.UserID = 999
			if err := w.Store.SetLink(w.ctx, set, w.now); !errors.Is(err, store.ErrNotFound) {
				w.Errorf("nobody: %v", err)
			}

			w.same("left out of the run that is under way", w.control().Skips, int64(1))
			w.apply()
			w.next()
			w.same("to be looked at after that run", slices.Contains(w.dirty(), "p2"), true)
		},
		"a link that a person takes away is not made again, until one is set": func(w *world) {
			w.linkage()
			gone := store.LinkChange{Connection: "staff", Target: "cloud", UserID: w.userID("p0"), Who: ada}
			w.ok(w.Store.RemoveLink(w.ctx, gone, w.now))
			if err := w.Store.RemoveLink(w.ctx, gone, w.now); !errors.Is(err, store.ErrNotFound) {
				w.Errorf("once more: %v", err)
			}
			w.same("links", w.links(store.LinkFilter{State: store.LinkLinked}), []string(nil))
			w.same("its account", w.links(store.LinkFilter{State: store.LinkAmbiguous})[:1], []string{"ambiguous p0 acc-1 a person took this link away"})
			w.endRun()
			w.begin()
			w.plan()
			w.same("planned", slices.Contains(w.changes(), "account.create p0 refused unlinked-by-hand"), true)
			gone.RemoteID = "acc-1"
			w.ok(w.Store.SetLink(w.ctx, gone, w.now))
			w.endRun()
			w.begin()
			w.plan()
			w.same("planned of who is linked again", len(w.links(store.LinkFilter{State: store.LinkLinked})), 1)
			w.same("unlinks", w.number(`SELECT COUNT(*) FROM unlinks`), 0)
		},
		"nothing is linked while a run changes the person": func(w *world) {
			w.linkage()
			_, err := w.Store.Lease(w.ctx, w.claim, w.target, []int64{w.userID("p0"), w.userID("p1")}, nil, w.now)
			w.ok(err)
			var busy *store.BusyError
			if err := w.Store.RemoveLink(w.ctx, store.LinkChange{Connection: "staff", Target: "cloud", UserID: w.userID("p0")}, w.now); !errors.As(err, &busy) || busy.RunID != w.claim.RunID {
				w.Errorf("taking away: %v", err)
			}
			set := store.LinkChange{Connection: "staff", Target: "cloud", UserID: w.userID("p1"), RemoteID: "r1"}
			if err := w.Store.SetLink(w.ctx, set, w.now); !errors.As(err, &busy) {
				w.Errorf("setting: %v", err)
			}
			w.ok(w.Store.SetLink(w.ctx, set, w.now.Add(time.Hour)))
		},
		"a run that is under way leaves out whose link is taken away": func(w *world) {
			w.grown(2)
			w.saveUsers(with(person("p0"), func(u *directory.User) { u.Status = directory.StatusDeprovisioned }))
			w.plan()
			w.ok(w.Store.RemoveLink(w.ctx, store.LinkChange{Connection: "staff", Target: "cloud", UserID: w.userID("p0"), Who: ada}, w.now))
			w.same("changes", w.changes(), []string{"account.suspend p0 skipped skipped-by-hand"})
		},
	})
}
