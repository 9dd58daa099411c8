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
	boss, plain := v.Seed(t, "boss@example.com"), v.Seed(t, "plain@example.com")
	bosses := v.Sim.NewGroup("bosses")
	bosses.Administrator = true
	if err := v.Sim.Roster().AddGroup(bosses); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Sim.Roster().Join(bosses.ID, boss.ID); err != nil {
		t.Fatal(err)
	}
	v.SeedGroup(t, "staff", plain)
	// The owner of the credential administers by no group that can be seen.
	if _, err := v.Sim.Roster().Leave(jiradcsim.AdministratorsGroup, v.Sim.Owner()); err != nil {
		t.Fatal(err)
	}
	admin, _ := v.Sim.Roster().AccountNamed(jiradcsim.DefaultLeadsTo)
	got, err := v.target.Protected(t.Context())
	want := directory.Protected{
		AccountIDs: []string{v.Sim.Owner(), admin.ID, boss.ID}, GroupIDs: []string{"bosses", jiradcsim.AdministratorsGroup},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}
