package people

import (
	"fmt"
	"math/rand"
	"slices"
	"time"
)

// The groups that every organisation of some size has, in this order: one of
// nearly everybody, one of nobody, two whose names differ in case only, names
// that need care in a URL, one that an application owns, and the departments.
const (
	allStaff = "All Staff"
	alumni   = "Alumni"
)

var awkwardGroups = []Group{
	{Name: allStaff, Description: "Everybody on the payroll"},
	{Name: alumni, Description: "Kept for the name; nobody is in it"},
	{Name: "Release Managers", Description: "Who may ship"},
	{Name: "release managers", Description: "Made again by somebody who did not find the first"},
	{Name: "Équipe Paris", Description: "Le bureau de Paris"},
	{Name: "Women's Network", Description: ""},
	{Name: "R&D / Labs (50%)", Description: "A name that needs escaping"},
	{Name: "AD Domain Users", Description: "Imported from the directory", Type: AppGroup},
}

var teams = []string{"platform", "mobile", "web", "search", "billing", "security", "analytics", "network", "design", "quality"}

// groupNames invents groups. Of three, two are assigned to the application.
func groupNames(n int, opts Options) []Group {
	created := opts.Now.AddDate(-3, 0, 0)
	groups := make([]Group, 0, n)
	add := func(g Group) {
		if len(groups) == n {
			return
		}
		if g.Type == "" {
			g.Type = OktaGroup
		}
		g.Created = created.Add(time.Duration(len(groups)) * time.Hour)
		g.Assigned = opts.Uniform || len(groups)%3 != 2
		groups = append(groups, g)
	}
	if opts.Uniform {
		for i := range n {
			add(Group{Name: fmt.Sprintf("team-%05d", i+1), Description: "Measured"})
		}
		return groups
	}
	for _, g := range awkwardGroups {
		add(g)
	}
	for _, d := range departments {
		add(Group{Name: d, Description: "The department"})
	}
	for i := 0; len(groups) < n; i++ {
		name := "eng-" + teams[i%len(teams)]
		if i >= len(teams) {
			name = fmt.Sprintf("%s-%d", name, i/len(teams)+1)
		}
		add(Group{Name: name, Description: "A team"})
	}
	return groups
}

// memberOf puts a person in all staff (mostly), the department, and some
// others, of which the first are more popular.
func memberOf(rng *rand.Rand, i int, department string, groups []Group, memberships int) []int {
	var in []int
	join := func(g int) {
		if g >= 0 && groups[g].Name != alumni && !slices.Contains(in, g) {
			in = append(in, g)
		}
	}
	named := func(name string) int {
		return slices.IndexFunc(groups, func(g Group) bool { return g.Name == name })
	}
	if len(groups) == 0 {
		return nil
	}
	if rng.Intn(10) != 0 {
		join(named(allStaff))
	}
	join(named(department))
	// Everybody in the first dozen is in a few; later some are in none.
	extra := rng.Intn(2*memberships + 1)
	if i < 12 {
		extra = memberships
	}
	for range extra {
		at := rng.Float64()
		join(int(at * at * float64(len(groups))))
	}
	slices.Sort(in)
	return in
}
