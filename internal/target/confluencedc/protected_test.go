package confluencedc_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/confluencedcsim"
)

func TestTheOwnerOfTheCredentialIsProtectedOutsideTheAdministratorsGroupToo(t *testing.T) {
	t.Parallel()
	v := newVendor(t, confluencedcsim.Options{}, nil, nil)
	if _, err := v.Sim.Roster().Leave(confluencedcsim.AdministratorsGroup, v.Sim.Owner()); err != nil {
		t.Fatal(err)
	}
	got, err := v.target.Protected(t.Context())
	want := directory.Protected{AccountIDs: []string{"admin", v.Sim.Owner()}, GroupIDs: []string{confluencedcsim.AdministratorsGroup}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	if err := v.Sim.Roster().RemoveGroup(confluencedcsim.AdministratorsGroup); err != nil {
		t.Fatal(err)
	}
	got, err = v.target.Protected(t.Context())
	if diff := cmp.Diff(directory.Protected{AccountIDs: []string{v.Sim.Owner()}}, got); err != nil || diff != "" {
		t.Errorf("without the group: %v (-want +got)\n%s", err, diff)
	}
}
