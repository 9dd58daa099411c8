package cli

import (
	"context"
	"iter"

	"github.com/rollcall-sync/rollcall/internal/store"
)

// runByUser shows the changes of a run person by person, each in all targets.
// Nothing but one person's changes is held in memory.
func (p *program) runByUser(ctx context.Context, s *store.Store, run store.Run, filters []store.ChangeFilter) error {
	people := selectedPeople(ctx, s, run.ID, filters)
	if p.csv {
		return p.changesCSV(flat(people))
	}
	r, err := readReport(ctx, s, run)
	if err != nil {
		return err
	}
	if p.json {
		return printJSONAnd(p, r, "people", people)
	}
	if err := p.printReport(r); err != nil {
		return err
	}
	return p.printPeople(people)
}

// selectedPeople streams the people whose changes the filters select.
func selectedPeople(ctx context.Context, s *store.Store, id int64, filters []store.ChangeFilter) iter.Seq2[store.PersonChanges, error] {
	return func(yield func(store.PersonChanges, error) bool) {
		for _, f := range filters {
			for person, err := range s.ChangesByUser(ctx, id, f) {
				if !yield(person, err) {
					return
				}
			}
		}
	}
}

// flat is the changes of people, one after another.
func flat(people iter.Seq2[store.PersonChanges, error]) iter.Seq2[store.Change, error] {
	return func(yield func(store.Change, error) bool) {
		for person, err := range people {
			if err != nil {
				yield(store.Change{}, err)
				return
			}
			for _, c := range person.Changes {
				if !yield(c, nil) {
					return
				}
			}
		}
	}
}

// printPeople prints a block for each person: the target, the change, its state
// and why.
func (p *program) printPeople(people iter.Seq2[store.PersonChanges, error]) error {
	titled := false
	for person, err := range people {
		if err != nil {
			return err
		}
		if !titled {
			p.printf("People\n")
			titled = true
		}
		p.printf("  %s\n", plain(nameOr(person.User, "user", person.UserID)))
		for _, c := range person.Changes {
			c.User, c.UserID = "", 0 // said above
			p.printf("   ")
			p.printChange(c)
		}
	}
	return nil
}
