package roster_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

func TestAccountsAreFoundByATextInWhatIsToldOfThem(t *testing.T) {
	t.Parallel()
	r := roster.New(1)
	for _, a := range []roster.Account{
		{ID: "1", UserName: "ana", DisplayName: "Ana Berg", Email: "ana@example.com"},
		{ID: "2", UserName: "berger", DisplayName: "Bo", Email: "bo@example.com"},
	} {
		if err := r.AddAccount(a); err != nil {
			t.Fatal(err)
		}
	}
	for text, want := range map[string][]string{
		"BERG": {"1", "2"}, "ana@EXAMPLE.com": {"1"}, "anaana": nil, "nobody": nil, "": {"1", "2"},
	} {
		if diff := cmp.Diff(want, ids(r.Matching(text))); diff != "" {
			t.Errorf("%q (-want +got)\n%s", text, diff)
		}
	}
	if err := r.ChangeAccount("2", func(a *roster.Account) { a.DisplayName, a.UserName = "Zoë", "zoe" }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1"}, ids(r.Matching("berg"))); diff != "" {
		t.Errorf("after a change (-want +got)\n%s", diff)
	}
}

func ids(accounts []roster.Account) []string {
	var all []string
	for _, a := range accounts {
		all = append(all, a.ID)
	}
	return all
}
