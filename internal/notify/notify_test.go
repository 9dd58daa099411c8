package notify_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/notify"
)

func TestDestinationsHearOfWhatTheyListed(t *testing.T) {
	t.Parallel()
	n, err := notify.New([]notify.Destination{
		{Name: "all", Kind: notify.Webhook, URL: "https://example.com"},
		{Name: "trouble", Kind: notify.Webhook, URL: "https://example.com", Events: []string{"failure", "silence"}},
		{Name: "staff", Kind: notify.Slack, URL: "https://example.com", Connections: []string{"staff"}},
		{Name: "staff's plans", Kind: notify.Slack, URL: "https://example.com", Events: []string{"held"}, Connections: []string{"staff"}},
	}, notify.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		connection, event string
		want              []string
	}{
		"a held plan of staff":              {"staff", "held", []string{"all", "staff", "staff's plans"}},
		"a held plan of another connection": {"guests", "held", []string{"all"}},
		"a failure of another connection":   {"guests", "failure", []string{"all", "trouble"}},
		"what concerns all":                 {"", "failure", []string{"all", "trouble", "staff"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, n.Destinations(c.connection, c.event)); diff != "" {
				t.Errorf("destinations (-want +got):\n%s", diff)
			}
		})
	}
	if diff := cmp.Diff([]string{"all", "trouble", "staff", "staff's plans"}, n.Names()); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if names := (*notify.Notifier)(nil).Names(); names != nil {
		t.Errorf("nobody is called %v", names)
	}
}

func TestADestinationThatCannotBeSentToIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	mail := func(change func(*notify.Mail)) notify.Destination {
		m := notify.Mail{Address: "mail.example.com:587", From: "a@example.com", To: []string{"b@example.com"}, Password: "s3cr3t"}
		change(&m)
		return notify.Destination{Name: "it", Kind: notify.SMTP, Mail: m}
	}
	for name, c := range map[string]struct {
		destination notify.Destination
		want        string
	}{
		"a kind that there is not":            {notify.Destination{Name: "it", Kind: "pigeon"}, `notification "it": no kind is called "pigeon"`},
		"an event that there is not":          {notify.Destination{Name: "it", Kind: notify.Webhook, URL: "https://s3cr3t", Events: []string{"helt"}}, `notification "it": no event is called "helt"`},
		"no name":                             {notify.Destination{Kind: notify.Webhook, URL: "https://example.com"}, `notification "": it has no name`},
		"an address that is none":             {notify.Destination{Name: "it", Kind: notify.Slack, URL: "s3cr3t"}, `notification "it": its url is not an http or https address`},
		"an address of another protocol":      {notify.Destination{Name: "it", Kind: notify.Webhook, URL: "ftp://s3cr3t"}, `notification "it": its url is not an http or https address`},
		"a mail server without a port":        {mail(func(m *notify.Mail) { m.Address = "mail.example.com" }), `notification "it": its address is not host:port`},
		"no TLS to another machine":           {mail(func(m *notify.Mail) { m.TLS = "none" }), `notification "it": without TLS the mail server must be on this machine`},
		"a protection that there is not":      {mail(func(m *notify.Mail) { m.TLS = "ssl" }), `notification "it": tls is "ssl"; expected starttls, tls or none`},
		"nobody to send to":                   {mail(func(m *notify.Mail) { m.To = nil }), `notification "it": it has nobody to send to`},
		"a sender that is no address":         {mail(func(m *notify.Mail) { m.From = "s3cr3t" }), `notification "it": from is not an e-mail address`},
		"a recipient with a line break in it": {mail(func(m *notify.Mail) { m.To = []string{"a@example.com\r\nBcc: s3cr3t@example.com"} }), `notification "it": to holds what is not an e-mail address`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := notify.New([]notify.Destination{c.destination}, notify.Options{})
			if err == nil || err.Error() != c.want {
				t.Errorf("the error is %v, want %s", err, c.want)
			}
		})
	}
	twice := notify.Destination{Name: "it", Kind: notify.Webhook, URL: "https://example.com"}
	if _, err := notify.New([]notify.Destination{twice, twice}, notify.Options{}); err == nil {
		t.Error("two destinations of one name were taken")
	}
}

func TestAMessageForADestinationThatIsNotConfiguredAnyMoreIsRefused(t *testing.T) {
	t.Parallel()
	n, err := notify.New(nil, notify.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := &directory.RefusedError{Call: "notify it", Code: "not-configured"}
	if diff := cmp.Diff(error(want), n.Deliver(t.Context(), "it", encoded(t, notify.Test(noon)))); diff != "" {
		t.Errorf("the error (-want +got):\n%s", diff)
	}
}

func TestWhatIsNoMessageIsNotDelivered(t *testing.T) {
	t.Parallel()
	n := to(t, notify.Destination{Kind: notify.Webhook, URL: "http://127.0.0.1:1"})
	for name, payload := range map[string]string{"no JSON": "ada@example.com", "no id": `{"event":"held"}`, "no event": `{"id":"1"}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := n.Deliver(t.Context(), "oncall", []byte(payload))
			if directory.ClassOf(err) != directory.ClassInternal || strings.Contains(err.Error(), "ada@") {
				t.Errorf("the error is %v", err)
			}
		})
	}
	if _, err := (notify.Message{Event: notify.EventHeld}).Encode(); err == nil {
		t.Error("a message without a key was encoded")
	}
}

func TestMessagesSayWhatHappenedAndWhatToDo(t *testing.T) {
	t.Parallel()
	expires := noon.Add(72 * time.Hour)
	for name, c := range map[string]struct {
		message          notify.Message
		key, title, text string
	}{
		"a run that failed":                  {notify.Failure("staff", 42, directory.ClassAuth, noon), "failure/staff/credential-refused/2027-01-31", "staff: run 42 failed", "(credential-refused)"},
		"a run that failed of nothing known": {notify.Failure("staff", 42, "", noon), "failure/staff/internal/2027-01-31", "staff: run 42 failed", "(internal)"},
		"a held plan": {notify.Held(notify.HeldPlan{Connection: "staff", Target: "cloud", Run: 42, Plan: 7, Digest: "d1", Reason: directory.ClassOverLimit, Expires: expires,
			Counts: map[directory.Kind]int64{directory.SuspendAccount: 120, directory.RemoveMember: 3}}, noon),
			"held/staff/cloud/d1/2027-01-31", "staff: 123 changes are held in cloud", "since it is more than the guard admits in its window. Everything else goes on.\n  account.suspend: 120\n  membership.remove: 3\n"},
		"a held plan of one": {notify.Held(notify.HeldPlan{Connection: "staff", Target: "cloud", Run: 42, Plan: 8, Reason: directory.ClassRecreate, Expires: expires,
			Counts: map[directory.Kind]int64{directory.ReplaceGroup: 1}}, noon),
			"held/staff/cloud/8/2027-01-31", "staff: 1 change is held in cloud", "until Wed, 03 Feb 2027 12:00:00 UTC"},
		"quarantine":               {notify.Quarantine("staff", 42, 3, noon), "quarantine/staff/1801396800", "staff: in quarantine", "stopped 3 runs of staff, each for something new"},
		"people without a licence": {notify.Seats("staff", "cloud", 42, 12, noon), "seats/staff/cloud/2027-01-31", "staff: 12 people wait for a licence in cloud", "12 people wait, in the order"},
		"one without a licence":    {notify.Seats("staff", "cloud", 42, 1, noon), "seats/staff/cloud/2027-01-31", "staff: 1 person waits for a licence in cloud", "1 person waits, in the order"},
		"a credential near its end": {notify.Token("staff", "connections.staff.source.token", expires, noon), "token/staff/connections.staff.source.token/2027-02-03/near",
			"staff: a credential ends on 2027-02-03", "Runs fail from then on."},
		"a credential past its end": {notify.Token("staff", "connections.staff.source.token", noon, noon), "token/staff/connections.staff.source.token/2027-01-31/past",
			"staff: a credential has ended", "ended on 2027-01-31"},
		"silence":                 {notify.Silence("staff", noon.Add(-time.Hour), noon), "silence/staff/1801393200", "staff: nothing has happened for too long", "on Sun, 31 Jan 2027 11:00:00 UTC."},
		"silence from the outset": {notify.Silence("staff", time.Time{}, noon), "silence/staff/0", "staff: nothing has happened for too long", "No run of it ever has."},
		"a test":                  {notify.Test(noon), "test/2027-01-31T12:00:00Z", "Rollcall can reach you", "rollcall notify test"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := c.message
			if m.Key != c.key || m.Title != c.title || !strings.Contains(m.Text, c.text) || m.Next == "" {
				t.Errorf("key %s, title %s, text %s, next %s", m.Key, m.Title, m.Text, m.Next)
			}
			decoded, err := notify.Decode(encoded(t, m))
			if err != nil {
				t.Fatal(err)
			}
			if decoded.ID == "" || decoded.Key != "" {
				t.Errorf("decoded with id %q and key %q", decoded.ID, decoded.Key)
			}
			decoded.ID, decoded.Key = "", m.Key
			if diff := cmp.Diff(m, decoded); diff != "" {
				t.Errorf("encoded and decoded (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryEventHasAMessage(t *testing.T) {
	t.Parallel()
	said := map[notify.Event]bool{}
	for _, m := range []notify.Message{notify.Failure("c", 1, "x", noon), notify.Held(notify.HeldPlan{}, noon), notify.Quarantine("c", 1, 1, noon),
		notify.Seats("c", "t", 1, 1, noon), notify.Token("c", "s", noon, noon), notify.Silence("c", noon, noon), notify.Test(noon)} {
		said[m.Event] = true
	}
	for _, e := range notify.Events {
		if !said[e] {
			t.Errorf("nothing says %q", e)
		}
	}
	if len(said) != len(notify.Events) {
		t.Errorf("%d events are said and %d listed", len(said), len(notify.Events))
	}
}
