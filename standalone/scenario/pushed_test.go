package scenario

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/app"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
	"github.com/rollcall-sync/rollcall/internal/scim"
	"github.com/rollcall-sync/rollcall/standalone/scimpush"
)

// pushed is a scenario with a gateway that its first connection is pushed to.
type pushed struct {
	*scenario
	gateway *app.Gateway
	// Client pushes as Okta does, with the token.
	Client *scimpush.Client
	token  string
	// administrators are the accounts that were there from the start.
	administrators map[string]bool
	initialGroups  map[string]bool
}

// newPushed is a scenario whose people come by pushes alone, unless the
// settings say otherwise. It is not started.
func newPushed(t *testing.T, s settings) *pushed {
	t.Helper()
	if s.People == 0 {
		// Nobody of the sandbox's Okta is asked for.
		s.People, s.Groups = 1, 1
	}
	p := &pushed{scenario: newScenario(t, s), administrators: map[string]bool{}, initialGroups: map[string]bool{}}
	for _, a := range p.Box.Initial.Accounts {
		p.administrators[a.ID] = true
	}
	for _, g := range p.Box.Initial.Groups {
		p.initialGroups[g.ID] = true
	}
	return p
}

// start starts the worker, and the gateway beside it in this process.
func (p *pushed) start() *pushed {
	p.Helper()
	p.scenario.start()
	p.serve(app.GatewayOptions{Log: p.options.Log, Store: p.Worker.Store})
	return p
}

// serve starts the gateway.
func (p *pushed) serve(o app.GatewayOptions) {
	p.Helper()
	gateway, err := app.StartGateway(p.Context(), p.Config, o)
	if err != nil {
		p.Fatal(err)
	}
	p.gateway = gateway
	p.Cleanup(func() {
		if err := gateway.Close(context.WithoutCancel(p.Context())); err != nil {
			p.Error(err)
		}
	})
	p.token = p.newToken()
	p.Client = scimpush.New(gateway.BaseURL(p.Name), p.token)
	p.Cleanup(p.Client.Close)
}

func (p *pushed) newToken() string {
	p.Helper()
	token, digest := scim.NewToken()
	_, err := p.gateway.Store.CreateScimToken(p.Context(), p.Name, "scenario", digest, time.Now().Add(time.Hour), time.Now())
	p.no(err)
	return token
}

// someone is a made-up person by number.
func someone(n int) scimpush.User {
	email := fmt.Sprintf("someone-%d@%s", n, people.Domain)
	return scimpush.User{UserName: email, Email: email, GivenName: "Some", FamilyName: fmt.Sprintf("Body %d", n), ExternalID: fmt.Sprintf("00u-%d", n), Active: true}
}

// joins pushes people by number, and returns their ids.
func (p *pushed) joins(from, to int) []string {
	p.Helper()
	var ids []string
	for n := from; n < to; n++ {
		id, err := p.Client.CreateUser(p.Context(), someone(n))
		p.no(err)
		ids = append(ids, id)
	}
	return ids
}

// target is what the target holds but for what was there from the start: the
// names of the active accounts by address, and the addresses of the groups'
// active members by name.
type target struct {
	Active map[string]string
	Groups map[string][]string
}

func (p *pushed) target() target {
	state := p.Box.Atlassian.State()
	found := target{map[string]string{}, map[string][]string{}}
	emails := map[string]string{}
	for _, a := range state.Accounts {
		if a.Status == "active" && !p.administrators[a.ID] {
			found.Active[a.Email], emails[a.ID] = a.Name, a.Email
		}
	}
	for _, g := range state.Groups {
		if p.initialGroups[g.ID] {
			continue
		}
		members := []string{}
		for _, id := range g.Members {
			if emails[id] != "" {
				members = append(members, emails[id])
			}
		}
		slices.Sort(members)
		found.Groups[g.Name] = members
	}
	return found
}

// arrives waits until the target holds exactly that.
func (p *pushed) arrives(what string, want target) {
	p.Helper()
	p.eventually(what, func() (bool, any) {
		diff := cmp.Diff(want, p.target())
		if diff == "" {
			return true, nil
		}
		left, err := p.gateway.Store.PendingShards(p.Context(), time.Now())
		p.no(err)
		return false, fmt.Sprintf("different, with %d shards that have something to do (-want +got):\n%s", len(left), diff)
	})
}

// holds is what a target holds of people by number, in groups by name.
func holds(numbers []int, groups map[string][]int) target {
	want := target{map[string]string{}, map[string][]string{}}
	for _, n := range numbers {
		u := someone(n)
		want.Active[u.Email] = u.GivenName + " " + u.FamilyName
	}
	for name, members := range groups {
		want.Groups[name] = []string{}
		for _, n := range members {
			want.Groups[name] = append(want.Groups[name], someone(n).Email)
		}
		slices.Sort(want.Groups[name])
	}
	return want
}
