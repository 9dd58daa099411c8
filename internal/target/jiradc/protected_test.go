package jiradc_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/jiradcsim"
)

func TestWhoAdministersIsProtectedWhateverTheGroupIsCalled(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{}, nil, nil)
	boss, plain := v.seed(t, "boss@example.com"), v.seed(t, "plain@example.com")
	bosses := v.sim.NewGroup("bosses")
	bosses.Administrator = true
	if err := v.sim.Roster().AddGroup(bosses); err != nil {
		t.Fatal(err)
	}
	if _, err := v.sim.Roster().Join(bosses.ID, boss.ID); err != nil {
		t.Fatal(err)
	}
	v.seedGroup(t, "staff", plain)
	// The owner of the credential administers by no group that can be seen.
	if _, err := v.sim.Roster().Leave(jiradcsim.AdministratorsGroup, v.sim.Owner()); err != nil {
		t.Fatal(err)
	}
	admin, _ := v.sim.Roster().AccountNamed(jiradcsim.DefaultLeadsTo)
	got, err := v.target.Protected(t.Context())
	want := directory.Protected{
		AccountIDs: []string{v.sim.Owner(), admin.ID, boss.ID}, GroupIDs: []string{"bosses", jiradcsim.AdministratorsGroup},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}
