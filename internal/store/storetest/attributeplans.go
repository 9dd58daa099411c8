package storetest

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func attributePlans(t *testing.T, open Open) {
	images := func(w *world) []string {
		return w.column(`SELECT before || ' > ' || after FROM changes WHERE run_id = ? AND kind = 'account.update'`, w.claim.RunID)
	}
	cases(t, open, map[string]func(w *world){
		"an update says what differs, before and after": func(w *world) {
			w.grown(1)
			w.desire("p0", `email = 'p.zero@example.com', email_key = 'p.zero@example.com', display_name = 'P "Zero"'`)
			w.same("plan", w.planAll(), []string{"account.update p0 planned"})
			w.same("images", images(w), []string{`{"display_name":"p0 Example","email":"p0@example.com"} > {"display_name":"P \"Zero\"","email":"p.zero@example.com"}`})
		},
		"an attribute that nobody knows is written, one that is known is compared, and an empty one clears": func(w *world) {
			w.grown(1)
			w.desire("p0", `attributes = '{"department":"Ops","job_title":"","locale":"de"}', user_name = 'zero'`)
			w.set(`UPDATE accounts SET attributes = '{"department":"Eng","locale":"de","location":"Bonn"}'`)
			w.planAll()
			w.same("images", images(w), []string{`{"department":"Eng","job_title":null,"user_name":""} > {"department":"Ops","job_title":"","user_name":"zero"}`})
			w.record(store.Outcome{ChangeID: int64(w.number(`SELECT id FROM changes WHERE run_id = ?`, w.claim.RunID)), UserID: w.userID("p0"), State: directory.Applied,
				Account: &directory.Account{ID: w.accountID("p0"), Email: "p0@example.com", DisplayName: "p0 Example", Status: directory.AccountActive, Managed: true, UserName: "zero",
					Attributes: map[string]string{"department": "Ops", "job_title": ""}}})
			w.same("known", w.column(`SELECT user_name || ' ' || attributes FROM accounts`), []string{`zero {"department":"Ops","job_title":"","locale":"de","location":"Bonn"}`})
			w.same("plan after that", w.planAll(), []string(nil))
		},
		"an outcome that tells no attributes leaves what is known": func(w *world) {
			w.grown(1)
			w.set(`UPDATE accounts SET attributes = '{"locale":"de"}', user_name = 'zero'`)
			w.record(store.Outcome{UserID: w.userID("p0"), State: directory.Applied,
				Account: &directory.Account{ID: w.accountID("p0"), Email: "p0@example.com", Status: directory.AccountSuspended, Managed: true}})
			w.same("known", w.column(`SELECT user_name || ' ' || attributes || ' ' || status FROM accounts`), []string{`zero {"locale":"de"} suspended`})
		},
		"many updates are planned in their order": func(w *world) {
			w.grown(1100)
			w.set(`UPDATE desired_accounts SET display_name = 'Somebody'`)
			w.same("planned", len(w.planAll()), 1100)
			w.same("order", w.number(`SELECT COUNT(*) FROM changes a JOIN changes b ON b.run_id = a.run_id AND b.stage = a.stage AND b.user_id > a.user_id AND b.ord < a.ord WHERE a.run_id = ?`, w.claim.RunID), 0)
		},
	})
}
