package okta

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func TestGroupsAreSelected(t *testing.T) {
	t.Parallel()
	group := func(id, name, kind string) groupRecord {
		g := groupRecord{ID: id, Type: kind}
		g.Profile.Name = name
		return g
	}
	everyone := group("00g0", "Everyone", "BUILT_IN")
	eng := group("00g1", "Eng-Backend", "OKTA_GROUP")
	path := group("00g2", "eng-web/front", "OKTA_GROUP")
	app := group("00g3", "eng-directory", "APP_GROUP")
	sales := group("00g4", "Sales", "OKTA_GROUP")
	all := []groupRecord{everyone, eng, path, app, sales}
	tests := []struct {
		name      string
		selection Selection
		want      []string
	}{
		{"everything but Everyone by default", Selection{}, []string{"00g1", "00g2", "00g3", "00g4"}},
		{"by name, whatever the case and past slashes", Selection{Names: []string{"ENG-*"}}, []string{"00g1", "00g2", "00g3"}},
		{"by name, less those excluded", Selection{Names: []string{"eng-*"}, Exclude: []string{"*/front"}}, []string{"00g1", "00g3"}},
		{"all less those excluded", Selection{Exclude: []string{"eng*"}}, []string{"00g4"}},
		{"by type", Selection{Types: []string{"app_group"}}, []string{"00g3"}},
		{"by type and name, where both agree", Selection{Types: []string{"OKTA_GROUP"}, Names: []string{"eng-*"}}, []string{"00g1", "00g2"}},
		{"Everyone by its type", Selection{Types: []string{"BUILT_IN"}}, []string{"00g0"}},
		{"Everyone by its id alone", Selection{IDs: []string{"00g0"}}, []string{"00g0"}},
		{"Everyone not by its name", Selection{Names: []string{"everyone"}}, nil},
		{"by id besides names, even if excluded", Selection{IDs: []string{"00g4"}, Names: []string{"eng-b*"}, Exclude: []string{"sales"}}, []string{"00g1", "00g4"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSelector(tt.selection)
			var got []string
			for _, g := range all {
				if s.selects(g) {
					got = append(got, g.ID)
				}
			}
			if len(got) != len(tt.want) {
				t.Fatalf("selected %v; want %v", got, tt.want)
			}
			for i := range got {
				if got[i] != tt.want[i] {
					t.Errorf("selected %v; want %v", got, tt.want)
				}
			}
		})
	}
}

func TestStatusesAreMapped(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]directory.Status{
		"ACTIVE": directory.StatusActive, "PASSWORD_EXPIRED": directory.StatusActive,
		"LOCKED_OUT": directory.StatusActive, "RECOVERY": directory.StatusActive,
		"STAGED": directory.StatusPending, "PROVISIONED": directory.StatusPending, "ACTIVATING": directory.StatusPending,
		"SUSPENDED": directory.StatusSuspended, "DEPROVISIONED": directory.StatusDeprovisioned,
		"": directory.StatusPending, "SOMETHING_NEW": directory.StatusPending,
	} {
		if got := statusOf(status); got != want {
			t.Errorf("%q is %s; want %s", status, got, want)
		}
	}
}
