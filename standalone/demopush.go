package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/sandbox/atlassiansim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
	"github.com/rollcall-sync/rollcall/internal/scim"
	"github.com/rollcall-sync/rollcall/standalone/scimpush"
)

const (
	// demoPushed is the connection of the demonstration that is pushed.
	demoPushed = "pushed"
	// arriveWithin is far more than a push takes.
	arriveWithin = 30 * time.Second
)

// errNotArrived means that the demonstration ended without what was pushed.
var errNotArrived = errors.New("what was pushed did not arrive in Atlassian")

// startPushedBox starts an organisation of its own for the connection that is
// pushed: its people are none of the other's.
func startPushedBox() (*sandbox.Server, error) {
	box, err := sandbox.New(sandbox.Options{
		Seed: 2, OrgID: "0b6cf5d2-6e0f-4a51-9d3c-7f1a2b8c4d10", DirectoryID: "c41d97aa-52f3-4f0e-8e6b-13d5a9e07f62", Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	return box, box.Start()
}

// arrival waits for what a push brings about.
type arrival struct {
	box *sandbox.Server
	// called has something to receive after calls to the target.
	called chan struct{}
}

func newArrival(box *sandbox.Server) *arrival {
	a := &arrival{box: box, called: make(chan struct{}, 1)}
	box.Engine.OnCall(func(phase string, _ fault.Call) {
		if phase == "after" {
			select {
			case a.called <- struct{}{}:
			default: // it will be looked at anyway
			}
		}
	})
	return a
}

// wait returns once it is so.
func (a *arrival) wait(ctx context.Context, so func(atlassiansim.Snapshot) bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, arriveWithin, errNotArrived)
	defer cancel()
	for !so(a.box.Atlassian.State()) {
		select {
		case <-a.called:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// step is a push and what it brings about.
type step struct {
	request, arrives string
	push             func() error
	so               func(atlassiansim.Snapshot) bool
}

// demoPush pushes somebody who joins and somebody who leaves, as Okta sends
// them, and shows each arriving. It returns the token that it made.
func demoPush(ctx context.Context, out io.Writer, r *rollcall, box *sandbox.Server) (string, error) {
	token, digest := scim.NewToken()
	if _, err := r.worker.Store.CreateScimToken(ctx, demoPushed, "demo", digest, time.Now().Add(24*time.Hour), time.Now()); err != nil {
		return "", fmt.Errorf("make a token: %w", err)
	}
	client := scimpush.New(r.gateway.BaseURL(demoPushed), token)
	defer client.Close()
	fmt.Fprintf(out, "\nOver SCIM, as Okta pushes them: one person leaves and one joins.\nAn administrator copies this address into Okta, with a token: %s\n\n", r.gateway.BaseURL(demoPushed))
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "  pushed\tin Atlassian\tafter")
	arrival := newArrival(box)
	for _, s := range demoSteps(ctx, client) {
		began := time.Now()
		if err := s.push(); err != nil {
			return "", err
		}
		if err := arrival.wait(ctx, s.so); err != nil {
			return "", errors.Join(fmt.Errorf("%s: %w", s.arrives, err), table.Flush())
		}
		fmt.Fprintf(table, "  %s\t%s\t%.2f s\n", s.request, s.arrives, time.Since(began).Seconds())
	}
	return token, table.Flush()
}

// demoSteps are the pushes of the demonstration, one after the other.
func demoSteps(ctx context.Context, c *scimpush.Client) []step {
	const project = "Project Apollo"
	leaver := scimpush.User{UserName: "lee.leaver@" + people.Domain, Email: "lee.leaver@" + people.Domain, GivenName: "Lee", FamilyName: "Leaver", ExternalID: "00uleaver", Active: true}
	joiner := scimpush.User{UserName: "ada.joiner@" + people.Domain, Email: "ada.joiner@" + people.Domain, GivenName: "Ada", FamilyName: "Joiner", ExternalID: "00ujoiner", Active: true}
	var leaverID, joinerID, groupID string
	return []step{
		{"POST /Users", "Lee Leaver has an account", func() (err error) { leaverID, err = c.CreateUser(ctx, leaver); return err }, hasAccount(leaver.Email, "active")},
		{"POST /Groups", "there is a group " + project, func() (err error) { groupID, err = c.CreateGroup(ctx, project); return err }, hasMembers(project)},
		{"PATCH /Groups/{id}", "Lee Leaver is in it", func() error { return c.Members(ctx, groupID, []string{leaverID}, nil) }, hasMembers(project, leaver.Email)},
		{"POST /Users", "Ada Joiner has an account", func() (err error) { joinerID, err = c.CreateUser(ctx, joiner); return err }, hasAccount(joiner.Email, "active")},
		{"PATCH /Groups/{id}", "Ada Joiner is in the group", func() error { return c.Members(ctx, groupID, []string{joinerID}, nil) }, hasMembers(project, leaver.Email, joiner.Email)},
		{"PATCH /Users/{id} active: false", "Lee Leaver's account is suspended", func() error { return c.SetActive(ctx, leaverID, false) }, hasAccount(leaver.Email, "suspended")},
	}
}

func hasAccount(email, status string) func(atlassiansim.Snapshot) bool {
	return func(s atlassiansim.Snapshot) bool {
		return slices.ContainsFunc(s.Accounts, func(a atlassiansim.Account) bool { return a.Email == email && a.Status == status })
	}
}

// hasMembers wants a group with exactly these members.
func hasMembers(name string, emails ...string) func(atlassiansim.Snapshot) bool {
	return func(s atlassiansim.Snapshot) bool {
		at := slices.IndexFunc(s.Groups, func(g atlassiansim.Group) bool { return g.Name == name })
		if at < 0 || len(s.Groups[at].Members) != len(emails) {
			return false
		}
		for _, a := range s.Accounts {
			if slices.Contains(s.Groups[at].Members, a.ID) && !slices.Contains(emails, a.Email) {
				return false
			}
		}
		return true
	}
}
