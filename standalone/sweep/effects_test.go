package sweep

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/sandbox/atlassiansim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

// effects is what a run really changed in the target, by the stand-in's own
// log, with how often: "suspend:<address>", "add-member:<group>:<address>", ….
type effects map[string]int

// effectsOf reads the log. Ids differ from lane to lane; addresses and names
// do not.
func effectsOf(calls []fault.Call, state atlassiansim.Snapshot) effects {
	var names []string
	for _, a := range state.Accounts {
		names = append(names, a.ID, a.Email)
	}
	for _, g := range state.Groups {
		names = append(names, g.ID, g.Name)
	}
	readable := strings.NewReplacer(names...)
	found := effects{}
	for _, call := range calls {
		if call.API != atlassiansim.API {
			continue
		}
		for _, key := range call.Keys() {
			found[readable.Replace(key)]++
		}
	}
	return found
}

// inverse are the kinds of effect that undo each other: in one run none of
// them is right after the other.
var inverse = map[string]string{"add-member": "remove-member", "suspend": "restore", "join-directory": "remove-account"}

// judge compares the effects of a run that was killed with those of the same
// run left alone, and returns what is wrong.
func judge(got, want effects) []string {
	var wrong []string
	for effect, times := range got {
		if times > 1 {
			wrong = append(wrong, fmt.Sprintf("%s was done %d times", effect, times))
		}
		kind, subject, _ := strings.Cut(effect, ":")
		if undo, ok := inverse[kind]; ok && got[undo+":"+subject] > 0 {
			wrong = append(wrong, fmt.Sprintf("%s was done and undone", effect))
		}
	}
	slices.Sort(wrong)
	if diff := cmp.Diff(want, got); diff != "" {
		wrong = append(wrong, "the effects are not those of a run without a crash (-without +with):\n"+diff)
	}
	return wrong
}

// accountOf is the account of an address, as the stand-in has it.
func accountOf(box *sandbox.Server, email string) atlassiansim.Account {
	for _, a := range box.Atlassian.State().Accounts {
		if strings.EqualFold(a.Email, email) {
			return a
		}
	}
	return atlassiansim.Account{}
}
