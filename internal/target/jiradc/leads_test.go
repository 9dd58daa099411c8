package jiradc_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/jiradcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/target/jiradc"
	"github.com/rollcall-sync/rollcall/internal/target/targettest/vendortest"
)

// leading seeds an account that leads two projects and a component of a third.
func leading(t *testing.T, v vendor) (roster.Account, []string) {
	t.Helper()
	a, other := v.Seed(t, "ana@example.com"), v.Seed(t, "other@example.com")
	for key, lead := range map[string]string{"ABC": a.ID, "DEF": a.ID, "GHI": other.ID} {
		if err := v.Sim.SeedProject(key, key, lead); err != nil {
			t.Fatal(err)
		}
	}
	component, err := v.Sim.SeedComponent("GHI", "parts", a.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Sim.SeedComponent("ABC", "others", other.ID); err != nil {
		t.Fatal(err)
	}
	return a, []string{"component " + component, "project ABC", "project DEF"}
}

func sorted(values []string) []string { return slices.Sorted(slices.Values(values)) }

func TestOneLeadThatIsRefusedKeepsNoOther(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{}, nil, nil)
	a, _ := leading(t, v)
	id := v.Engine.Add(fault.Rule{API: jiradcsim.API, Method: http.MethodPut, Path: "/project/DEF$", Kind: fault.Status, Status: http.StatusBadRequest})
	handed, err := v.target.HandOver(t.Context(), a.ID)
	vendortest.WantClass(t, err, directory.ClassRefused)
	if len(handed) != 2 {
		t.Errorf("handed over %v, want all but DEF", handed)
	}
	v.Engine.Remove(id)
	handed, err = v.target.HandOver(t.Context(), a.ID)
	if diff := cmp.Diff([]string{"project DEF"}, handed); err != nil || diff != "" {
		t.Errorf("afterwards: %v (-want +got)\n%s", err, diff)
	}
}

func TestAnOutageAmidAHandOverLosesNothing(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{}, nil, nil)
	a, want := leading(t, v)
	v.Engine.Add(fault.Rule{API: jiradcsim.API, Method: http.MethodPut, Kind: fault.CutAfter, After: 1, Times: 1})
	first, err := v.target.HandOver(t.Context(), a.ID)
	vendortest.WantClass(t, err, directory.ClassUnavailable)
	second, err := v.target.HandOver(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, sorted(append(first, second...))); diff != "" {
		t.Errorf("handed over in all (-want +got)\n%s", diff)
	}
	for key, times := range v.Engine.AppliedKeys() {
		if times != 1 {
			t.Errorf("%s was done %d times", key, times)
		}
	}
}

func TestLeaversOfOneMomentShareOneReadingOfWhoLeadsWhat(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{}, nil, nil)
	a, _ := leading(t, v)
	for _, id := range []string{v.Seed(t, "bo@example.com").ID, a.ID, v.Seed(t, "cy@example.com").ID} {
		if _, err := v.target.HandOver(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	calls := v.Calls()
	if calls["GET /rest/api/2/project"] != 1 || calls["GET /rest/api/2/project/{key}/components"] != 3 {
		t.Errorf("the calls were %v", calls)
	}
}

func TestWhoGetsWhatLeaversLeadMustBeThereAndActive(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		to   string
		seed func(t *testing.T, v vendor)
		want directory.Class
		led  string
	}{
		"nobody of that name":    {to: "nobody", want: directory.ClassRefused},
		"nobody of that address": {to: "nobody@example.com", want: directory.ClassRefused},
		"somebody deactivated": {to: "off", want: directory.ClassRefused, seed: func(t *testing.T, v vendor) {
			if err := v.target.DeactivateAccount(t.Context(), v.Seed(t, "off@example.com").ID); err != nil {
				t.Fatal(err)
			}
		}},
		"two of one address": {to: "twin@example.com", want: directory.ClassRefused, seed: func(t *testing.T, v vendor) {
			v.Seed(t, "twin@example.com")
			a := v.Sim.NewAccount("twin.two", "twin@example.com", "Twin")
			if err := v.Sim.Roster().AddAccount(a); err != nil {
				t.Fatal(err)
			}
		}},
		"the leaver":         {to: "ana", want: directory.ClassRefused},
		"one by the address": {to: "Heir@Example.com", led: "heir", seed: func(t *testing.T, v vendor) { v.Seed(t, "heir@example.com") }},
		"one by the name":    {to: "HEIR", led: "heir", seed: func(t *testing.T, v vendor) { v.Seed(t, "heir@example.com") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, jiradcsim.Options{}, func(c *jiradc.Config) { c.LeadsTo = test.to }, nil)
			if test.seed != nil {
				test.seed(t, v)
			}
			a, _ := leading(t, v)
			handed, err := v.target.HandOver(t.Context(), a.ID)
			if test.want != "" {
				vendortest.WantClass(t, err, test.want)
				if v.Sim.Lead("project ABC") != a.ID || len(handed) > 0 {
					t.Errorf("something was handed over: %v", handed)
				}
				for call := range v.Calls() {
					if strings.HasPrefix(call, "PUT /rest/api/2/project") {
						t.Errorf("it was tried all the same: %s", call)
					}
				}
				return
			}
			if err != nil || len(handed) != 3 {
				t.Fatalf("handed over %v, %v", handed, err)
			}
			lead, _ := v.Sim.Roster().Account(v.Sim.Lead("project ABC"))
			if lead.UserName != test.led {
				t.Errorf("%s leads now", lead.UserName)
			}
		})
	}
}

func TestWithNobodyNamedNothingIsHandedOverAndNothingAsked(t *testing.T) {
	t.Parallel()
	v := newVendor(t, jiradcsim.Options{}, func(c *jiradc.Config) { c.LeadsTo = "" }, nil)
	a, _ := leading(t, v)
	if handed, err := v.target.HandOver(t.Context(), a.ID); err != nil || handed != nil {
		t.Errorf("handed over %v, %v", handed, err)
	}
	if calls := v.Calls(); len(calls) != 0 {
		t.Errorf("Jira was asked: %v", calls)
	}
}
