package scenario

import (
	"strings"
	"sync"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/cli"
	"github.com/rollcall-sync/rollcall/internal/config"
)

// heldLeavers is an operator in front of a run, 2, that holds eight leavers.
func heldLeavers(t *testing.T, change func(*config.Config)) (o *operator, leavers []string) {
	t.Helper()
	s := newScenario(t, settings{People: 30, Groups: 3, Memberships: 1, Uniform: true})
	if change != nil {
		change(s.Config)
	}
	o = s.start().operator("")
	o.rollcall("sync", s.Name).want(t, cli.ExitDone)
	for _, u := range s.active()[:8] {
		s.no(s.Box.Okta.DeactivateUser(u.ID))
		leavers = append(leavers, u.ID)
	}
	o.rollcall("sync", s.Name).want(t, cli.ExitPartial, "account.suspend  held (over-limit)  8", "rollcall approve 2, or rollcall reject 2")
	return o, leavers
}

func (o *operator) email(id string) string {
	o.Helper()
	for _, u := range o.Box.Okta.State().Users {
		if u.ID == id {
			return u.Email
		}
	}
	o.Fatalf("Okta has nobody of id %s", id)
	return ""
}

func TestCommandLineApprovesPartOfWhatIsHeldAndRejectsTheRest(t *testing.T) {
	t.Parallel()
	o, leavers := heldLeavers(t, nil)
	first := o.email(leavers[0])
	o.rollcall("held").want(t, cli.ExitDone, "8 account.suspend", "over-limit", "rollcall approve 2")
	o.rollcall("held", o.Name, "--csv").want(t, cli.ExitDone, "id,run,connection")
	o.rollcall("approve", "2").want(t, cli.ExitUsage, "Run 2 of "+o.Name+" holds 8 removals in cloud (over-limit)", "account.suspend  8", first, "add --yes")
	o.rollcall("approve", "2", "--only", "account.create").want(t, cli.ExitUsage, "only removals are held")
	o.rollcall("approve", "2", "--only", "membership.remove", "--yes").want(t, cli.ExitFailed, "holds nothing like that")
	o.rollcall("approve", "2", "--user", "nobody", "--yes").want(t, cli.ExitFailed, `no person "nobody"`)
	o.rollcall("approve", "1", "--yes").want(t, cli.ExitFailed, "run 1 of "+o.Name+" holds nothing")
	o.rollcall("approve", "99", "--yes").want(t, cli.ExitFailed, "there is no run 99")
	if n := o.suspended(leavers); n != 0 {
		t.Fatalf("%d are suspended before anybody approved", n)
	}

	o.rollcall("approve", "2", "--user", first, "--by", "Ada", "--yes").want(t, cli.ExitDone,
		"Approved 1 removal of run 2 in cloud; 7 still held.", "by approval, asked for by Ada (unverified)", "account.suspend  applied  1", first)
	if n := o.suspended(leavers); n != 1 {
		t.Errorf("%d are suspended; want the one who was approved", n)
	}
	o.rollcall("reject", "2", "--by", "Grace", "--yes").want(t, cli.ExitDone, "Rejected 7 removals of run 2 in cloud.", "Nothing was written.")
	o.rollcall("reject", "2", "--yes").want(t, cli.ExitFailed, "nothing of run 2 of "+o.Name+" waits for a decision any more")
	o.rollcall("held").want(t, cli.ExitDone, "Nothing waits for a decision.")
	if n := o.suspended(leavers); n != 1 {
		t.Errorf("%d are suspended after the rest was rejected; want one", n)
	}
	o.rollcall("audit", o.Name, "--actions").want(t, cli.ExitDone, "Ada (unverified)", "approve", "Grace (unverified)", "reject", "run 2")
}

func TestCommandLineSaysWhatAnApprovalDropped(t *testing.T) {
	t.Parallel()
	o, leavers := heldLeavers(t, nil)
	o.no(o.Box.Okta.ActivateUser(leavers[0]))
	o.rollcall("approve", "2", "--yes").want(t, cli.ExitPartial, "Approved 8 removals", "Dropped, as the source says otherwise by now: 1 change.", "account.suspend  applied")
	if n := o.suspended(leavers); n != 7 || o.account(o.email(leavers[0])).Status == "suspended" {
		t.Errorf("%d are suspended; want all but the one who came back", n)
	}
}

func TestOfTwoApprovalsAtOnceOneIsCarriedOut(t *testing.T) {
	t.Parallel()
	o, leavers := heldLeavers(t, nil)
	o.Box.Engine.ResetCalls()
	said := make([]said, 2)
	var both sync.WaitGroup
	for i := range said {
		both.Go(func() { said[i] = o.rollcall("approve", "2", "--yes", "--by", "Approver") })
	}
	both.Wait()
	if said[0].code == cli.ExitDone {
		said[0], said[1] = said[1], said[0]
	}
	said[1].want(t, cli.ExitDone, "Approved 8 removals")
	said[0].want(t, cli.ExitFailed)
	if !strings.Contains(said[0].stderr, "decided") && !strings.Contains(said[0].stderr, "waits for a decision any more") {
		t.Errorf("the second is not told that it came too late:\n%s", said[0].stderr)
	}
	if n := o.suspended(leavers); n != 8 {
		t.Errorf("%d are suspended; want 8", n)
	}
	for key, times := range o.Box.Engine.AppliedKeys() {
		if times != 1 {
			t.Errorf("%s was done %d times", key, times)
		}
	}
}

func TestASecondPersonIsAskedForByTheCommandLine(t *testing.T) {
	t.Parallel()
	o, leavers := heldLeavers(t, func(c *config.Config) { c.Approvals.Persons = 2 })
	o.rollcall("approve", "2", "--by", "Ada", "--yes").want(t, cli.ExitDone, "Approved 8 removals", "A second person has to approve as well")
	o.rollcall("held").want(t, cli.ExitDone, "Ada (unverified) has approved 8 changes")
	o.rollcall("approve", "2", "--by", "Ada", "--yes").want(t, cli.ExitFailed, "you have approved it already, and a second person has to", "same-person")
	if n := o.suspended(leavers); n != 0 {
		t.Fatalf("%d are suspended by one person's word", n)
	}
	o.rollcall("approve", "2", "--by", "Grace", "--yes").want(t, cli.ExitDone, "account.suspend  applied  8")
	if n := o.suspended(leavers); n != 8 {
		t.Errorf("%d are suspended; want 8", n)
	}
}

func TestOnlyAVerifiedPersonApprovesWhereThatIsAskedFor(t *testing.T) {
	t.Parallel()
	o, leavers := heldLeavers(t, func(c *config.Config) { c.Approvals.RequireVerified = true })
	o.rollcall("approve", "2", "--by", "Ada", "--yes").want(t, cli.ExitFailed, "only a verified person may decide", "ROLLCALL_APPROVER_TOKEN")
	if n := o.suspended(leavers); n != 0 {
		t.Fatalf("%d are suspended by an unverified word", n)
	}
	o.approver("ada", "ada-has-a-secret-of-her-own")
	o.rollcall("approve", "2", "--yes").want(t, cli.ExitDone, "asked for by ada,", "account.suspend  applied  8")
}

// approver gives the operator's configuration an approver, and the operator
// the secret.
func (o *operator) approver(name, secret string) {
	o.Helper()
	o.configure("approvals: { approvers: { " + name + ": \"${APPROVER}\" } }\n")
	o.env["APPROVER"], o.env["ROLLCALL_APPROVER_TOKEN"] = secret, secret
}

func TestCommandLineListsAndReleasesQuarantine(t *testing.T) {
	t.Parallel()
	const guard = "    guard: { quarantine_after: 1 }\n"
	s := newScenario(t, settings{People: 30, Groups: 3, Memberships: 1, Uniform: true, Connection: guard}).start()
	o := s.operator(guard)
	o.rollcall("sync", s.Name).want(t, cli.ExitDone)
	o.rollcall("quarantine").want(t, cli.ExitDone, "No connection is in quarantine.")
	for _, u := range s.active()[:8] {
		s.no(s.Box.Okta.DeactivateUser(u.ID))
	}
	o.rollcall("sync", s.Name).want(t, cli.ExitPartial)
	o.rollcall("quarantine").want(t, cli.ExitDone, s.Name, "rollcall quarantine release "+s.Name)
	o.rollcall("quarantine", "release", s.Name).want(t, cli.ExitUsage, "has been in quarantine since", "add --yes")
	o.rollcall("quarantine", "release", s.Name, "--yes").want(t, cli.ExitDone, "Released.")
	o.rollcall("quarantine", "release", s.Name, "--yes").want(t, cli.ExitFailed, "is not in quarantine")
}
