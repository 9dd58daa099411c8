package people

import (
	"fmt"
	"math/rand"
	"strings"
	"time"
)

// The statuses of an Okta user; developer.okta.com/docs/reference/user-statuses.
const (
	Staged          = "STAGED"
	Provisioned     = "PROVISIONED"
	Active          = "ACTIVE"
	Recovery        = "RECOVERY"
	PasswordExpired = "PASSWORD_EXPIRED"
	LockedOut       = "LOCKED_OUT"
	Suspended       = "SUSPENDED"
	Deprovisioned   = "DEPROVISIONED"
)

// The types of an Okta group.
const (
	OktaGroup = "OKTA_GROUP"
	AppGroup  = "APP_GROUP"
)

// Domain is the organisation's own mail domain, PartnerDomain that of the few
// people who come from elsewhere, whose accounts it does not manage.
const (
	Domain        = "acme.example"
	PartnerDomain = "partner.example"
)

// Person is somebody in an organisation.
type Person struct {
	FirstName, LastName string
	// Login never changes; Email follows the surname.
	Login, Email      string
	Department, Title string
	// Status is one of the statuses above.
	Status               string
	Created, LastUpdated time.Time
	// Groups are indexes in Organisation.Groups.
	Groups []int
	// AppUser is whether the application is assigned to this person directly.
	AppUser bool
}

// Group is a group in an organisation.
type Group struct {
	Name, Description string
	// Type is OktaGroup or AppGroup.
	Type    string
	Created time.Time
	// Assigned is whether the application is assigned to the group.
	Assigned bool
}

// Organisation is everybody, and the groups that they are in.
type Organisation struct {
	People []Person
	Groups []Group
}

// Options shapes an organisation.
type Options struct {
	// Uniform asks for the shape that is measured: everybody ACTIVE and in
	// exactly Memberships groups, all groups of one size (give or take one),
	// no two of which share more people than they must.
	Uniform bool
	// Memberships is how many groups a person is in: exactly when Uniform,
	// else on average besides the department and the group of all staff. 0
	// means 2.
	Memberships int
	// Now is when the organisation is looked at; everybody was created and
	// updated before. The zero time means 2026-01-05 09:00 UTC.
	Now time.Time
}

// People invents an organisation of n people and the given number of groups.
// The same arguments give the same organisation.
func People(n, groups int, seed int64, opts Options) Organisation {
	if opts.Now.IsZero() {
		opts.Now = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	}
	if opts.Memberships == 0 {
		opts.Memberships = 2
	}
	rng := rand.New(rand.NewSource(seed))
	org := Organisation{Groups: groupNames(groups, opts)}
	addresses := newAddresses()
	for i := range n {
		p := person(rng, i, opts, addresses)
		if opts.Uniform {
			p.Groups = uniformGroups(i, groups, opts.Memberships)
		} else {
			p.Groups = memberOf(rng, i, p.Department, org.Groups, opts.Memberships)
			// A few have the application without being in one of its groups.
			p.AppUser = p.Status != Deprovisioned && rng.Intn(20) == 0
		}
		org.People = append(org.People, p)
	}
	return org
}

// person invents the i-th person. The first few are the awkward ones, so that
// small organisations have them too.
func person(rng *rand.Rand, i int, opts Options, addresses *addresses) Person {
	first, last := firstNames[rng.Intn(len(firstNames))], lastNames[rng.Intn(len(lastNames))]
	domain, status := Domain, Active
	awkward := peculiarity(0)
	if !opts.Uniform {
		status = pickStatus(rng, i)
		if i < len(awkwardPeople) {
			first, last, awkward = awkwardPeople[i].first, awkwardPeople[i].last, awkwardPeople[i].how
		} else {
			awkward = pickPeculiarity(rng)
		}
		if awkward == partner {
			domain = PartnerDomain
		}
	}
	department := departments[rng.Intn(len(departments))]
	created := opts.Now.Add(-time.Duration(1+rng.Intn(2000*24)) * time.Hour)
	p := Person{
		FirstName: first, LastName: last,
		Department: department, Title: titles[rng.Intn(len(titles))],
		Status: status, Created: created,
		LastUpdated: created.Add(time.Duration(rng.Int63n(int64(opts.Now.Sub(created))))),
	}
	p.Login = addresses.unused(ascii(first) + "." + ascii(last) + "@" + domain)
	p.Email = p.Login
	switch awkward {
	case plusAddress:
		p.Email = addresses.unused(strings.Replace(p.Login, "@", "+work@", 1))
	case upperCase:
		p.Email = strings.ToUpper(p.Login)
	case married:
		p.LastName = lastNames[rng.Intn(len(lastNames))]
		p.Email = addresses.unused(ascii(first) + "." + ascii(p.LastName) + "@" + domain)
	}
	return p
}

// uniformGroups spreads memberships evenly: in each block of as many people as
// there are groups, the k-th membership visits every group once, at a distance
// that grows from block to block, so that few people share all their groups.
func uniformGroups(i, groups, memberships int) []int {
	if groups == 0 {
		return nil
	}
	step := 1
	if groups > 1 {
		step = 1 + (i/groups)%(groups-1)
	}
	taken := make(map[int]bool, memberships)
	in := make([]int, 0, memberships)
	for k := range min(memberships, groups) {
		g := (i + k*step) % groups
		for taken[g] {
			g = (g + 1) % groups
		}
		taken[g] = true
		in = append(in, g)
	}
	return in
}

// addresses hands out mail addresses that differ in more than case.
type addresses struct{ taken map[string]bool }

func newAddresses() *addresses { return &addresses{taken: map[string]bool{}} }

// unused returns the address, with a number before the @ if it is taken.
func (a *addresses) unused(address string) string {
	address = strings.ToLower(address)
	local, domain, _ := strings.Cut(address, "@")
	for n := 2; a.taken[address]; n++ {
		address = fmt.Sprintf("%s%d@%s", local, n, domain)
	}
	a.taken[address] = true
	return address
}
