package okta_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/source/okta"
)

// fullUser is a user as Okta sends one, about 1.6 KB.
const fullUser = `{"id":"00u%07d","status":"ACTIVE","created":"2013-06-24T16:39:18.000Z","activated":"2013-06-24T16:39:19.000Z",` +
	`"statusChanged":"2013-06-24T16:39:19.000Z","lastLogin":"2013-06-24T17:39:19.000Z","lastUpdated":"2013-07-02T21:36:25.344Z",` +
	`"passwordChanged":"2013-07-02T21:36:25.344Z","type":{"id":"otyfnjfba4ye7pgjB0g4"},"profile":{"login":"zoe%[1]d@acme.example",` +
	`"email":"zoe%[1]d@acme.example","firstName":"Zoë","lastName":"O'Brien","nickName":"zoe","displayName":"Zoë O'Brien","secondEmail":null,` +
	`"profileUrl":"https://www.acme.example/zoe","preferredLanguage":"en-GB","userType":"Employee","organization":"Acme","title":"Director",` +
	`"division":"R&D","department":"Engineering","costCenter":"10","employeeNumber":"187","mobilePhone":"+1-555-415-1337","primaryPhone":` +
	`"+1-555-514-1337","streetAddress":"301 Brannan St.","city":"San Francisco","state":"CA","zipCode":"94107","countryCode":"US"},` +
	`"credentials":{"password":{},"recovery_question":{"question":"Who's a major player?"},"provider":{"type":"OKTA","name":"OKTA"}},` +
	`"_links":{"resetPassword":{"href":"https://acme.okta.com/api/v1/users/00u/lifecycle/reset_password"},"self":{"href":` +
	`"https://acme.okta.com/api/v1/users/00u"},"deactivate":{"href":"https://acme.okta.com/api/v1/users/00u/lifecycle/deactivate"},` +
	`"changePassword":{"href":"https://acme.okta.com/api/v1/users/00u/credentials/change_password"}}}`

// canned answers without a network, so that what is measured is ours.
type canned string

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		Body: readCloser{strings.NewReader(string(c))}, ContentLength: int64(len(c)),
	}, nil
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

func cannedUsers(n int) canned {
	users := make([]string, n)
	for i := range users {
		users[i] = fmt.Sprintf(fullUser, i)
	}
	return canned("[" + strings.Join(users, ",") + "]")
}

func BenchmarkUsersPageOf200(b *testing.B) {
	source, err := okta.New(okta.Config{URL: "https://acme.okta.com", Token: token, Transport: cannedUsers(200)})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if page, err := source.Users(b.Context(), directory.PageRequest{}); err != nil || len(page.Users) != 200 {
			b.Fatal(err)
		}
	}
}

func BenchmarkMembersPageOf200(b *testing.B) {
	source, err := okta.New(okta.Config{URL: "https://acme.okta.com", Token: token, Transport: cannedUsers(200)})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if page, err := source.Members(b.Context(), "00g1", ""); err != nil || len(page.UserIDs) != 200 {
			b.Fatal(err)
		}
	}
}
