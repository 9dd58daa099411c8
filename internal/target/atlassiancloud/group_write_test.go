package atlassiancloud

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func TestACreatedGroupIsLookedUpUntilItShows(t *testing.T) {
	t.Parallel()
	there := reply{status: 200, body: `{"data":[{"id":"g1","name":"Équipe","managedBy":"admins"}]}`}
	nothing := reply{status: 200, body: emptyPage}
	tests := []struct {
		name    string
		answer  reply
		search  []reply
		want    directory.Class
		unclear bool
	}{
		{"at once", reply{status: 201}, []reply{there}, "", false},
		{"after some looks", reply{status: 201}, []reply{nothing, nothing, nothing, there}, "", false},
		{"never", reply{status: 201}, []reply{nothing}, directory.ClassUnavailable, true},
		{"the look fails", reply{status: 201}, []reply{{status: 429}}, directory.ClassUnavailable, true},
		{"exists already", problem(409, "ADMIN-409-28"), []reply{there}, directory.ClassConflict, false},
		{"a cut connection", cut(), []reply{there}, directory.ClassUnavailable, true},
		{"refused", problem(400, "ADMIN-400-24"), []reply{nothing}, directory.ClassRefused, false},
		{"refused, and there", problem(400, "ADMIN-400-24"), []reply{nothing, there}, directory.ClassConflict, false},
		{"refused, and so is the look", problem(400, "ADMIN-400-24"), []reply{{status: 423}}, directory.ClassUnavailable, true},
		{"said to exist, and the look is refused", problem(409, "ADMIN-409-28"), []reply{{status: 423}}, directory.ClassUnavailable, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			target, vendor := against(t, map[string][]reply{createGroup: {test.answer}, searchGroups: test.search})
			group, err := target.CreateGroup(t.Context(), directory.NewGroup{Name: "équipe", Description: "d"})
			if test.want != "" {
				if directory.ClassOf(err) != test.want || ambiguous(err) != test.unclear {
					t.Errorf("got %v, want %s, ambiguous %t", err, test.want, test.unclear)
				}
				return
			}
			if diff := cmp.Diff(directory.TargetGroup{ID: "g1", Name: "Équipe"}, group); err != nil || diff != "" {
				t.Errorf("%v (-want +got)\n%s", err, diff)
			}
			if diff := cmp.Diff(`{"name":"équipe","description":"d"}`, string(vendor.sent(createGroup)[0].body)); diff != "" {
				t.Errorf("body (-want +got)\n%s", diff)
			}
		})
	}
}

func TestAGroupThatAnotherSystemOwnsIsReadOnly(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		group string
		want  bool
	}{
		"an ordinary group":                     {`"managedBy":"admins","externalSynced":false,"managementAccess":{"modifiable":true}`, false},
		"a group that says nothing":             {`"name":"n"`, false},
		"synced from an identity provider":      {`"externalSynced":true`, true},
		"managed elsewhere":                     {`"managedBy":"external"`, true},
		"one that this key may not change":      {`"managementAccess":{"readable":true,"modifiable":false}`, true},
		"one whose access says nothing of that": {`"managementAccess":{"readable":true}`, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target, _ := against(t, map[string][]reply{searchGroups: {{status: 200, body: `{"data":[{"id":"g1",` + test.group + `}]}`}}})
			page, err := target.Groups(t.Context(), "")
			if err != nil || len(page.Groups) != 1 || page.Groups[0].ReadOnly != test.want {
				t.Errorf("got %+v, %v; want ReadOnly %t", page, err, test.want)
			}
		})
	}
}
