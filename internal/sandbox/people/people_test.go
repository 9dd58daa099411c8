package people_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
)

func TestTheSameSeedGivesTheSamePeople(t *testing.T) {
	t.Parallel()
	first, second := people.People(200, 20, 3, people.Options{}), people.People(200, 20, 3, people.Options{})
	if diff := cmp.Diff(first, second); diff != "" {
		t.Error(diff)
	}
	if cmp.Equal(first, people.People(200, 20, 4, people.Options{})) {
		t.Error("another seed gives the same people")
	}
}

func TestAnOrganisationHasWhatRealOnesHave(t *testing.T) {
	t.Parallel()
	org := people.People(1000, 40, 1, people.Options{})
	if len(org.People) != 1000 || len(org.Groups) != 40 {
		t.Fatalf("%d people in %d groups", len(org.People), len(org.Groups))
	}
	has := map[string]bool{}
	names, logins, emails, statuses := map[string]int{}, map[string]bool{}, map[string]bool{}, map[string]int{}
	members := make([]int, len(org.Groups))
	for _, p := range org.People {
		name := p.FirstName + " " + p.LastName
		names[name]++
		has["two people of one name"] = has["two people of one name"] || names[name] > 1
		login, email := strings.ToLower(p.Login), strings.ToLower(p.Email)
		if logins[login] || emails[email] {
			t.Errorf("login %s or e-mail %s is there twice", login, email)
		}
		logins[login], emails[email] = true, true
		statuses[p.Status]++
		has["an apostrophe"] = has["an apostrophe"] || strings.Contains(p.Email, "'")
		has["an accent"] = has["an accent"] || strings.ContainsFunc(name, func(r rune) bool { return r > unicode.MaxASCII })
		has["a plus-address"] = has["a plus-address"] || strings.Contains(p.Email, "+")
		has["an upper-case e-mail"] = has["an upper-case e-mail"] || p.Email == strings.ToUpper(p.Email)
		has["a changed surname"] = has["a changed surname"] || login[:strings.Index(login, "@")] != email[:strings.Index(email, "@")]
		has["somebody from elsewhere"] = has["somebody from elsewhere"] || strings.HasSuffix(email, people.PartnerDomain)
		for _, r := range p.Email {
			if r > unicode.MaxASCII {
				t.Errorf("%s is no mail address", p.Email)
			}
		}
		for _, g := range p.Groups {
			members[g]++
		}
	}
	for _, status := range []string{
		people.Staged, people.Provisioned, people.Active, people.Recovery,
		people.PasswordExpired, people.LockedOut, people.Suspended, people.Deprovisioned,
	} {
		has[status] = statuses[status] > 0
	}
	has["mostly ACTIVE"] = statuses[people.Active] > 800
	folded := map[string]bool{}
	for i, g := range org.Groups {
		has["names that differ in case only"] = has["names that differ in case only"] || folded[strings.ToLower(g.Name)]
		folded[strings.ToLower(g.Name)] = true
		has["an empty group"] = has["an empty group"] || members[i] == 0
		has["a group of nearly everybody"] = has["a group of nearly everybody"] || members[i] > 800
		has["an application's group"] = has["an application's group"] || g.Type == people.AppGroup
	}
	for _, want := range []string{
		"two people of one name", "an apostrophe", "an accent", "a plus-address", "an upper-case e-mail",
		"a changed surname", "somebody from elsewhere", "mostly ACTIVE", "names that differ in case only",
		"an empty group", "a group of nearly everybody", "an application's group",
		people.Staged, people.Provisioned, people.Active, people.Recovery,
		people.PasswordExpired, people.LockedOut, people.Suspended, people.Deprovisioned,
	} {
		if !has[want] {
			t.Errorf("there is not %s", want)
		}
	}
}

func TestTheUniformShapeIsEven(t *testing.T) {
	t.Parallel()
	for _, shape := range []struct{ people, groups, memberships int }{
		{1000, 50, 2}, {1000, 50, 3}, {10000, 100, 2}, {7, 3, 3}, {5, 1, 2}, {10, 2, 1},
	} {
		t.Run(fmt.Sprintf("%d people, %d groups, %d each", shape.people, shape.groups, shape.memberships), func(t *testing.T) {
			t.Parallel()
			org := people.People(shape.people, shape.groups, 1, people.Options{Uniform: true, Memberships: shape.memberships})
			sizes := make([]int, shape.groups)
			together := map[string]int{}
			for _, p := range org.People {
				if p.Status != people.Active || len(p.Groups) != min(shape.memberships, shape.groups) {
					t.Fatalf("%s with %d groups", p.Status, len(p.Groups))
				}
				seen := map[int]bool{}
				for _, g := range p.Groups {
					if seen[g] {
						t.Fatalf("in group %d twice", g)
					}
					seen[g] = true
					sizes[g]++
				}
				together[fmt.Sprint(p.Groups)]++
			}
			if shape.people == 1000 && shape.memberships == 2 {
				for g, size := range sizes {
					if size != 40 {
						t.Errorf("group %d has %d members, want 40", g, size)
					}
				}
				for groups, n := range together {
					if n > 1 {
						t.Errorf("%d people share all their groups %s", n, groups)
					}
				}
			}
		})
	}
}
