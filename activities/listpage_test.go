package activities

import (
	"context"
	"fmt"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/workflows"
)

// paged is a target whose list has the same pages again and again, and no end.
type paged struct {
	directory.Target
	pages    [][]string
	overlaps bool
	asked    int
}

func (p *paged) next() (page []string, next string) {
	page = p.pages[p.asked%len(p.pages)]
	p.asked++
	return page, fmt.Sprint(p.asked)
}

func (p *paged) Accounts(context.Context, string) (directory.AccountPage, error) {
	ids, next := p.next()
	page := directory.AccountPage{Next: next, Overlaps: p.overlaps}
	for _, id := range ids {
		page.Accounts = append(page.Accounts, directory.Account{ID: id, Status: directory.AccountActive})
	}
	return page, nil
}

func (p *paged) Groups(context.Context, string) (directory.TargetGroupPage, error) {
	ids, next := p.next()
	page := directory.TargetGroupPage{Next: next}
	for _, id := range ids {
		page.Groups = append(page.Groups, directory.TargetGroup{ID: id, Name: id})
	}
	return page, nil
}

func TestATargetsListThatDoesNotMoveOnIsAnOutage(t *testing.T) {
	t.Parallel()
	a, claim, targetID, _ := confirmWorld(t)
	for name, test := range map[string]struct {
		target paged
		// stuck is whether the second page is an outage.
		stuck, accountsOnly bool
	}{
		"each page is the one before":           {target: paged{pages: [][]string{{"a", "b"}}}, stuck: true},
		"a page holds one less":                 {target: paged{pages: [][]string{{"a", "b"}, {"a"}}}},
		"a page begins with another":            {target: paged{pages: [][]string{{"a", "b"}, {"c", "d"}}}},
		"pages are empty":                       {target: paged{pages: [][]string{{}}}},
		"groups with the same people, each one": {target: paged{pages: [][]string{{"a", "b"}}, overlaps: true}, accountsOnly: true},
	} {
		for list, page := range map[string]func(context.Context, workflows.TargetReadInput, *Target, string) (observedPage, error){
			"accounts": a.accountsPage, "groups": a.groupsPage,
		} {
			if test.accountsOnly && list != "accounts" {
				continue
			}
			target := test.target
			in := workflows.TargetReadInput{
				RunRef: workflows.RunRef{ConnectionID: claim.ConnectionID, RunID: claim.RunID, Epoch: claim.Epoch},
				Target: workflows.TargetRef{ID: targetID, Name: "cloud"}, List: list,
			}
			got, err := a.observeList(t.Context(), in, &Target{Target: &target}, page)
			switch {
			case test.stuck:
				if directory.ClassOf(err) != directory.ClassUnavailable || target.asked != 2 {
					t.Errorf("%s, %s: %+v and %v after %d pages, want an outage at the second", name, list, got, err, target.asked)
				}
			case err != nil || got.Cursor == "" || target.asked != pagesPerActivity:
				t.Errorf("%s, %s: %+v and %v after %d pages, want all %d of one activity", name, list, got, err, target.asked, pagesPerActivity)
			}
		}
	}
}
