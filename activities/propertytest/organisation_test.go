package propertytest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/directory/rules"
	sourcememory "github.com/rollcall-sync/rollcall/internal/source/sourcetest/memory"
	targetmemory "github.com/rollcall-sync/rollcall/internal/target/targettest/memory"
)

// organisation is everything that a property is checked with: people and
// groups, what the target holds already, the rules, and what then happens.
type organisation struct {
	people  []person
	groups  []team
	resides []resident
	halls   []hall
	events  []event

	variant                            targetmemory.Variant
	pageSize                           int
	seats                              int
	noRenames, recreates               bool
	mode                               directory.GroupMode
	linkBy                             []string
	adopt                              []string
	protectedAccounts, protectedGroups []string
	scope                              string
	prefix                             string
	merge                              bool
	defaults                           []string
	attributes                         map[string]string
	ladder                             directory.Ladder
}

type person struct {
	Name       string
	Status     directory.Status
	Email      string
	Department string
	Title      string
	Groups     []int
}

type team struct{ Name string }

// resident is an account that the target holds before the first run.
type resident struct {
	Email                                                  string
	UserName                                               string
	Unmanaged, ReadOnly, Suspended, Closed, Admin, Dormant bool
}

// hall is a group that the target holds before the first run, with residents.
type hall struct {
	Name    string
	Admin   bool
	Members []int
}

func (p person) id() string { return "u-" + p.Name }

func groupID(i int) string { return fmt.Sprintf("g-%d", i) }

func (p person) user() directory.User {
	return directory.User{
		SourceID: p.id(), Status: p.Status, Assigned: true, Login: p.Name, Email: p.Email, FirstName: p.Name, LastName: "Example",
		DisplayName: p.Name + " Example", Attributes: map[string]any{"department": p.Department, "title": p.Title},
	}
}

func (o organisation) spec() rules.Spec {
	target := rules.TargetSpec{Attributes: map[string]rules.Expression{}, Leavers: map[directory.Reason]directory.Ladder{}, Can: o.variant.Capabilities()}
	for name, text := range o.attributes {
		target.Attributes[name] = rules.Expression{Path: "attributes." + name, Text: text}
	}
	for _, reason := range directory.Reasons {
		target.Leavers[reason] = o.ladder
	}
	target.Groups.Prefix, target.Groups.Merge = o.prefix, &o.merge
	for _, name := range o.defaults {
		target.Groups.Default = append(target.Groups.Default, rules.GroupName{Path: "groups.default", Text: name})
	}
	return rules.Spec{
		Scope:   rules.ScopeSpec{Users: rules.Expression{Path: "scope.users", Text: o.scope}},
		Targets: map[string]rules.TargetSpec{cloud: target},
	}
}

// options are those of the target.
func (o organisation) options() targetmemory.Options {
	options := targetmemory.Options{PageSize: 3, Seats: o.seats, Nameless: o.variant == targetmemory.Nameless,
		Unmanaged: o.variant == targetmemory.Grouping}
	switch o.variant {
	case targetmemory.AccessTaking:
		options.AccessGroups = []string{"Everybody", "Engineering"}
	case targetmemory.LeadKeeping:
		options.LeadsTo = "account-1"
	}
	return options
}

// narrow makes an organisation one that the variant can serve.
func (o *organisation) narrow() {
	can := o.variant.Capabilities()
	o.ladder = slices.DeleteFunc(slices.Clone(o.ladder), func(s directory.Step) bool { return !slices.Contains(can.Steps, s.Action) })
	if o.variant == targetmemory.Nameless {
		// By an address nobody is found, and nobody is known to be protected.
		o.linkBy = []string{"user_name"}
		for i, address := range o.protectedAccounts {
			o.protectedAccounts[i], _, _ = strings.Cut(address, "@")
		}
	}
	if o.variant == targetmemory.Grouping {
		o.attributes = nil
	}
}

func (o organisation) adopts(name string) bool {
	return slices.ContainsFunc(o.adopt, func(one string) bool { return strings.EqualFold(one, name) })
}

// seed fills a source and a target.
func (o organisation) seed(source *sourcememory.Source, target *targetmemory.Target) {
	for i, g := range o.groups {
		source.SetGroup(directory.Group{SourceID: groupID(i), Name: g.Name, Assigned: true})
	}
	for _, p := range o.people {
		source.SetUser(p.user())
		for _, g := range p.Groups {
			source.SetMember(groupID(g), p.id(), true)
		}
	}
	ids := make([]string, len(o.resides))
	for i, r := range o.resides {
		ids[i] = target.SeedAccount(targetmemory.AccountSeed{
			Account:   directory.Account{Email: r.Email, UserName: r.UserName, DisplayName: "Resident", Managed: !r.Unmanaged, ReadOnly: r.ReadOnly},
			Suspended: r.Suspended, Deactivated: r.Dormant, Closed: r.Closed, Unlicensed: i%2 == 0,
		})
		if r.Admin {
			target.Protect(directory.Protected{AccountIDs: []string{ids[i]}})
		}
	}
	for _, h := range o.halls {
		var members []string
		for _, m := range h.Members {
			members = append(members, ids[m])
		}
		slices.Sort(members)
		id := target.SeedGroup(h.Name, false, slices.Compact(members)...)
		if h.Admin {
			target.Protect(directory.Protected{GroupIDs: []string{id}})
		}
	}
}

// names that people and groups have: few, so that they meet.
var (
	peopleNames = []string{"ada", "bob", "cyd", "dee", "eli", "fay", "gus", "hal", "ivy", "jon"}
	groupNames  = []string{"Engineering", "Support", "Legal", "Sales", "Everybody", "Research"}
	oddNames    = []string{"Field Service", "Admins", "sales", "a/b", strings.Repeat("long ", 12), "Support"}
	departments = []string{"Engineering", "Legal", "Sales", ""}
)

func addressOf(name string) string { return name + "@example.com" }

// organisations makes organisations up.
func organisations() *rapid.Generator[organisation] {
	return rapid.Custom(func(t *rapid.T) organisation {
		o := organisation{
			variant:  rapid.SampledFrom(append(targetmemory.Variants(), targetmemory.Everything, targetmemory.Everything)).Draw(t, "variant"),
			pageSize: rapid.IntRange(1, 5).Draw(t, "page size"),
			mode:     rapid.SampledFrom([]directory.GroupMode{directory.Additive, directory.Authoritative}).Draw(t, "mode"),
			scope:    rapid.SampledFrom([]string{"", `user.profile.department != "Sales"`}).Draw(t, "scope"),
			prefix:   rapid.SampledFrom([]string{"", "okta-"}).Draw(t, "prefix"),
			merge:    rapid.Bool().Draw(t, "merge"),
			linkBy:   rapid.SampledFrom([][]string{{"email"}, {"user_name", "email"}}).Draw(t, "link by"),
			adopt:    rapid.SampledFrom([][]string{nil, {"Engineering", "Sales"}}).Draw(t, "adopt"),
			defaults: rapid.SampledFrom([][]string{nil, {"Everybody"}}).Draw(t, "defaults"),
		}
		o.seats = rapid.SampledFrom([]int{0, 0, 0, 3}).Draw(t, "seats")
		o.noRenames = rapid.Bool().Draw(t, "no renames")
		o.attributes = rapid.SampledFrom([]map[string]string{
			nil, {"job_title": "user.profile.title"}, {"user_name": "user.login", "job_title": "user.profile.title", "department": "user.profile.department"},
		}).Draw(t, "attributes")
		o.ladder = rapid.SampledFrom([]directory.Ladder{
			directory.Suspend(), {}, {{Action: directory.RemoveMember}},
			{{Action: directory.SuspendAccount}, {Action: directory.RemoveMember, After: 24 * time.Hour}, {Action: directory.DeactivateAccount, After: 48 * time.Hour}},
			{{Action: directory.SuspendAccount}, {Action: directory.DeleteAccount, After: 24 * time.Hour}},
		}).Draw(t, "ladder")
		for range rapid.IntRange(1, 6).Draw(t, "groups") {
			o.groups = append(o.groups, team{o.groupName(t)})
		}
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(peopleNames), 3, 9, rapid.ID[string]).Draw(t, "people") {
			o.people = append(o.people, o.person(t, name))
		}
		o.target(t)
		for range rapid.IntRange(2, 8).Draw(t, "events") {
			o.events = append(o.events, event{
				What: rapid.SampledFrom(happenings).Draw(t, "event"), A: rapid.IntRange(0, 9).Draw(t, "first"), B: rapid.IntRange(0, 9).Draw(t, "second"),
				Text: rapid.SampledFrom([]string{"Sales", "Engineering", "Renamed", "Clerk", ""}).Draw(t, "text"),
			})
		}
		o.narrow()
		return o
	})
}

// groupName is mostly the next of those that differ.
func (o *organisation) groupName(t *rapid.T) string {
	if odd := rapid.IntRange(0, 4*len(oddNames)-1).Draw(t, "odd name"); odd >= 3*len(oddNames) {
		return oddNames[odd-3*len(oddNames)]
	}
	return groupNames[len(o.groups)%len(groupNames)]
}

func (o *organisation) person(t *rapid.T, name string) person {
	p := person{
		Name: name, Email: addressOf(name), Department: rapid.SampledFrom(departments).Draw(t, "department"),
		Title:  rapid.SampledFrom([]string{"Clerk", ""}).Draw(t, "title"),
		Status: rapid.SampledFrom([]directory.Status{directory.StatusActive, directory.StatusActive, directory.StatusActive, directory.StatusSuspended, directory.StatusPending, directory.StatusDeprovisioned}).Draw(t, "status"),
	}
	switch rapid.IntRange(0, 11).Draw(t, "address") {
	case 9:
		p.Email = strings.ToUpper(p.Email)
	case 10:
		p.Email = addressOf("shared")
	case 11:
		p.Email = ""
	}
	for i := range o.groups {
		if rapid.Bool().Draw(t, "member") {
			p.Groups = append(p.Groups, i)
		}
	}
	return p
}

// target makes up what the target holds already: accounts of people, of
// strangers and of administrators, and groups that are named as the source's.
func (o *organisation) target(t *rapid.T) {
	for _, name := range append(slices.Clone(peopleNames[:4]), "stranger", "root") {
		if name != "root" && !rapid.Bool().Draw(t, "resident") {
			continue
		}
		r := resident{Email: addressOf(name), UserName: name, Admin: name == "root"}
		switch rapid.IntRange(0, 9).Draw(t, "kind of resident") {
		case 4:
			r.Suspended = true
		case 5:
			r.Dormant = true
		case 6:
			r.Unmanaged = true
		case 7:
			r.ReadOnly = true
		case 8:
			r.Closed = true
		case 9:
			r.Admin = true
		}
		o.resides = append(o.resides, r)
	}
	for _, name := range []string{"Engineering", "Sales", "Admins", "Theirs"} {
		if name != "Admins" && !rapid.Bool().Draw(t, "hall") {
			continue
		}
		h := hall{Name: name, Admin: name == "Admins"}
		for i := range o.resides {
			if rapid.Bool().Draw(t, "inside") {
				h.Members = append(h.Members, i)
			}
		}
		o.halls = append(o.halls, h)
	}
	if rapid.Bool().Draw(t, "configured protection") {
		o.protectedAccounts, o.protectedGroups = []string{addressOf("ada")}, []string{"Field Service"}
	}
}

// happenings are what may happen between two runs.
var happenings = []string{"status", "department", "title", "address", "join", "leave", "rename group", "delete group", "erase", "hire", "drift member", "drift stranger", "time", "lead", "account"}
