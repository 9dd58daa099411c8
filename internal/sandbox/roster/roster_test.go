package roster_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

func filled(t *testing.T) *roster.Roster {
	t.Helper()
	r := roster.New(1)
	for _, a := range []roster.Account{
		{ID: "1", UserName: "Ana", Email: "ana@example.com", Active: true, Attributes: map[string]string{"title": "Clerk"}},
		{ID: "2", UserName: "bo", Email: "bo@example.com", Active: true},
		{ID: "3", Email: "nameless@example.com"}, {ID: "4", Email: "nameless.too@example.com"},
	} {
		if err := r.AddAccount(a); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"Staff", "Sales", "Berne"} {
		if err := r.AddGroup(roster.Group{ID: "g-" + name, Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func TestNamesAreUniqueWhateverTheirCase(t *testing.T) {
	t.Parallel()
	r := filled(t)
	for what, err := range map[string]error{
		"a user name":  r.AddAccount(roster.Account{ID: "9", UserName: "ANA"}),
		"an id":        r.AddAccount(roster.Account{ID: "1"}),
		"a rename":     r.ChangeAccount("2", func(a *roster.Account) { a.UserName = "ana" }),
		"a group":      r.AddGroup(roster.Group{ID: "g-9", Name: "STAFF"}),
		"a new name":   r.ChangeGroup("g-Sales", func(g *roster.Group) { g.Name = "staff" }),
		"a group's id": r.AddGroup(roster.Group{ID: "g-Staff", Name: "Other"}),
	} {
		if !errors.Is(err, roster.ErrTaken) {
			t.Errorf("%s: %v, want ErrTaken", what, err)
		}
	}
	if a, ok := r.AccountNamed("BO"); !ok || a.ID != "2" {
		t.Errorf("bo is %+v, %t", a, ok)
	}
	if err := r.ChangeAccount("1", func(a *roster.Account) { a.UserName = "ANNA" }); err != nil {
		t.Error(err)
	}
	if _, ok := r.AccountNamed("ana"); ok {
		t.Error("the old name is still known")
	}
	if err := r.ChangeGroup("g-Sales", func(g *roster.Group) { g.Name = "SALES" }); err != nil {
		t.Errorf("a change of case alone: %v", err)
	}
}

func TestWhatIsGoneIsInNoGroup(t *testing.T) {
	t.Parallel()
	r := filled(t)
	for _, id := range []string{"1", "2"} {
		if changed, err := r.Join("g-Staff", id); err != nil || !changed {
			t.Fatal(changed, err)
		}
	}
	if changed, err := r.Join("g-Staff", "1"); err != nil || changed {
		t.Errorf("joined twice: %t, %v", changed, err)
	}
	if _, err := r.Nest("g-Sales", "g-Staff"); err != nil {
		t.Fatal(err)
	}
	if err := r.RemoveAccount("1"); err != nil {
		t.Fatal(err)
	}
	if r.IsMember("g-Staff", "1") || len(r.Members("g-Staff")) != 1 {
		t.Errorf("members %+v", r.Members("g-Staff"))
	}
	if err := r.RemoveGroup("g-Staff"); err != nil {
		t.Fatal(err)
	}
	if groups := r.GroupsOf("2"); len(groups) != 0 || len(r.Subgroups("g-Sales")) != 0 {
		t.Errorf("bo is in %+v, Sales holds %v", groups, r.Subgroups("g-Sales"))
	}
	for what, err := range map[string]error{"account": r.RemoveAccount("1"), "changed": r.ChangeAccount("1", func(*roster.Account) {})} {
		if !errors.Is(err, roster.ErrNoAccount) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := r.Leave("g-Staff", "2"); !errors.Is(err, roster.ErrNoGroup) {
		t.Errorf("leave a group that is gone: %v", err)
	}
	if changed, err := r.Leave("g-Sales", "2"); err != nil || changed {
		t.Errorf("leave a group that one is not in: %t, %v", changed, err)
	}
}

func TestGroupsAreNotInEachOther(t *testing.T) {
	t.Parallel()
	r := filled(t)
	for _, pair := range [][2]string{{"g-Staff", "g-Sales"}, {"g-Sales", "g-Berne"}} {
		if _, err := r.Nest(pair[0], pair[1]); err != nil {
			t.Fatal(err)
		}
	}
	for _, pair := range [][2]string{{"g-Berne", "g-Staff"}, {"g-Staff", "g-Staff"}} {
		if _, err := r.Nest(pair[0], pair[1]); !errors.Is(err, roster.ErrCircle) {
			t.Errorf("%v: %v, want ErrCircle", pair, err)
		}
	}
	if changed, err := r.Unnest("g-Staff", "g-Sales"); err != nil || !changed {
		t.Error(changed, err)
	}
	if _, err := r.Nest("g-Berne", "g-Staff"); err != nil {
		t.Errorf("once there is no circle: %v", err)
	}
}

func TestASnapshotIsACopy(t *testing.T) {
	t.Parallel()
	r := filled(t)
	if _, err := r.Join("g-Staff", "2"); err != nil {
		t.Fatal(err)
	}
	before := r.State()
	got := before.Accounts[0]
	got.Attributes["title"] = "changed"
	a, _ := r.Account("1")
	a.Attributes["title"] = "changed too"
	if diff := cmp.Diff("Clerk", r.State().Accounts[0].Attributes["title"]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"2"}, before.Groups[0].Members); diff != "" {
		t.Error(diff)
	}
}

func TestManyMayWriteAtOnce(t *testing.T) {
	t.Parallel()
	r := filled(t)
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			id := r.NewID()
			if err := r.AddAccount(roster.Account{ID: id, UserName: fmt.Sprint("user", i)}); err != nil {
				t.Error(err)
			}
			if _, err := r.Join("g-Staff", id); err != nil {
				t.Error(err)
			}
			r.State()
		})
	}
	all.Wait()
	if n := len(r.Members("g-Staff")); n != 50 {
		t.Errorf("%d members", n)
	}
}
