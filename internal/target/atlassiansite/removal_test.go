package atlassiansite_test

import (
	"errors"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/atlassiansite"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

func TestARemovalIsDoneOnceTheMembershipIsSeenToBeGone(t *testing.T) {
	t.Parallel()
	refused, missing, down := &directory.RefusedError{}, &directory.NotFoundError{What: "group"}, &directory.UnavailableError{Status: 503}
	for name, c := range map[string]struct {
		err     error
		there   bool
		readErr error
		want    directory.Class // empty is success
		asks    bool
	}{
		"success is believed":                           {nil, true, nil, "", false},
		"an outage is not looked behind":                {down, false, nil, directory.ClassUnavailable, false},
		"refused, and the member is gone":               {refused, false, nil, "", true},
		"refused, and the account or the group is gone": {refused, false, missing, "", true},
		"refused, and the member is there":              {refused, true, nil, directory.ClassRefused, true},
		"refused, and nobody can say":                   {refused, false, down, directory.ClassUnavailable, true},
		"refused, and so is the look":                   {refused, false, refused, directory.ClassUnavailable, true},
		"not found, and the member is there":            {missing, true, nil, directory.ClassUnavailable, true},
		"not found, and the member is gone":             {missing, false, nil, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := false
			err := atlassiansite.Removed(rest.Call{Method: "DELETE"}, c.err, func() (bool, error) {
				asked = true
				return c.there, c.readErr
			})
			var class directory.Class
			if err != nil {
				class = directory.ClassOf(err)
			}
			var doubt *directory.UnavailableError
			if c.readErr != nil && c.want == directory.ClassUnavailable && (!errors.As(err, &doubt) || !doubt.Ambiguous) {
				t.Errorf("%v leaves no doubt", err)
			}
			if class != c.want || asked != c.asks {
				t.Errorf("asked %t, got %v, want %q", asked, err, c.want)
			}
		})
	}
}
