package sweep

import (
	"fmt"
	"maps"
	"math"
	"math/rand"
	"slices"
)

// cyclesAtMost is how many cycles a lane may have.
const cyclesAtMost = 8

const (
	routeInvite       = "POST /v2/orgs/{orgId}/users/invite"
	routeCreateGroup  = "POST /v2/orgs/{orgId}/directories/{directoryId}/groups"
	routeAddMember    = "POST /v2/orgs/{orgId}/directories/{directoryId}/groups/{groupId}/memberships"
	routeRemoveMember = "DELETE /v2/orgs/{orgId}/directories/{directoryId}/groups/{groupId}/memberships/{accountId}"
	routeSuspend      = "POST /v2/orgs/{orgId}/directories/{directoryId}/users/{accountId}/suspend"
	routeRestore      = "POST /v2/orgs/{orgId}/directories/{directoryId}/users/{accountId}/restore"
	routeProfile      = "PATCH /users/{account_id}/manage/profile"
	routeEmail        = "PUT /users/{account_id}/manage/email"
)

// writes are the remote calls that change something.
var writes = []string{routeInvite, routeCreateGroup, routeAddMember, routeRemoveMember, routeSuspend, routeRestore, routeProfile, routeEmail}

// lastRoute is the route of the last writes of a cycle's run: removals, or in
// the first run, which removes nothing, additions.
func lastRoute(cycle int) string {
	if cycle == 0 {
		return routeAddMember
	}
	return routeRemoveMember
}

// mix is how points are shared between writes, reads and commits. Its length
// has no factor in common with a lane's cycles, so that each cycle gets all of it.
var mix = []string{"write", "commit", "read", "commit", "write", "commit", "write", "commit", "read", "commit", "tail", "plan", "commit"}

// chooser deals out points, so that every kind has its turn before one comes again.
type chooser struct {
	rng  *rand.Rand
	runs []made // without a crash, by cycle
	next int
	used map[string]int
}

func newChooser(seed int64, runs []made) *chooser {
	return &chooser{rng: rand.New(rand.NewSource(seed)), runs: runs, used: map[string]int{}}
}

// choose returns a point that a cycle's run is sure to pass.
func (c *chooser) choose(cycle int) point {
	run := c.runs[cycle]
	kind := mix[c.next%len(mix)]
	c.next++
	phase := []string{before, after}[c.rng.Intn(2)]
	switch kind {
	case "commit":
		return point{Phase: phase, Commit: c.commit(cycle, run.Commits)}
	case "plan":
		return point{Phase: planned, Commit: int(run.Result.RunID)}
	case "tail":
		p := run.Last
		p.Phase, p.Commit = phase, 1+c.rng.Intn(max(1, run.Tail))
		return p
	}
	routes := slices.DeleteFunc(slices.Sorted(maps.Keys(run.Calls)), func(route string) bool { return slices.Contains(writes, route) != (kind == "write") })
	c.rng.Shuffle(len(routes), func(i, j int) { routes[i], routes[j] = routes[j], routes[i] })
	least := point{}
	for _, route := range routes {
		for _, phase := range []string{before, after} {
			p := point{Phase: phase, Route: route, Call: 1 + c.rng.Intn(run.Calls[route])}
			if least.Route == "" || c.used[p.Phase+p.Route] < c.used[least.Phase+least.Route] {
				least = p
			}
		}
	}
	c.used[least.Phase+least.Route]++
	return least
}

// commit draws one of a run's commits, evenly over eight tenths of the run:
// writes of SQLite share commits as they happen to meet, so that what is sure
// to be reached is less than was counted. Activities with a single commit are
// drawn more often: those that begin a run, and those between reading and
// applying.
func (c *chooser) commit(cycle, n int) int {
	key := fmt.Sprintf("commit of cycle %d", cycle)
	if c.used[key] == 0 {
		c.used[key] = 1 + c.rng.Intn(1000)
	}
	c.used[key]++
	from, to := 0.0, 0.8
	switch c.used[key] % 8 {
	case 0:
		return 1 + c.rng.Intn(2)
	case 2, 4, 6:
		from, to = 0.4, 0.7
	}
	// Steps of the golden ratio fall evenly, however many there are.
	_, part := math.Modf(float64(c.used[key]) * math.Phi)
	return 1 + int((from+part*(to-from))*float64(n))
}
