package bitbucketcloud

import (
	"context"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// pageLength is the most that the vendor gives of a list at once.
// https://developer.atlassian.com/cloud/bitbucket/rest/intro/#pagination
const pageLength = "100"

// page reads one page of a list of 2.0: the first, or the one that a cursor
// (the query of an earlier page's next address) leads to.
func page[T any](ctx context.Context, t *Target, call rest.Call, cursor string) (items []T, next string, err error) {
	if cursor != "" {
		if call.Query, err = url.ParseQuery(cursor); err != nil {
			return nil, "", &directory.UnavailableError{Call: call.Name(), Detail: "the cursor cannot be read"}
		}
	}
	var got struct {
		Values *[]T   `json:"values"`
		Next   string `json:"next"`
	}
	if err := t.client.Get(ctx, call, &got); err != nil {
		return nil, "", err
	}
	broken := func(why string) error {
		return &directory.UnavailableError{Call: call.Name(), Status: http.StatusOK, Detail: why}
	}
	if got.Values == nil {
		return nil, "", broken("the answer holds no list")
	}
	if got.Next == "" {
		return *got.Values, "", nil
	}
	// Only the query of the address is used, so that the credential goes nowhere
	// else whatever the address says: through a proxy it names a host of the
	// vendor's, and it may name none.
	address, err := url.Parse(got.Next)
	switch {
	case err != nil, address.RawQuery == "":
		return nil, "", broken("the next page's address cannot be read")
	case address.Path != "" && !strings.Contains(address.Path, "/2.0/"):
		return nil, "", broken("the next page is not of this API")
	case address.Path != "" && path.Base(address.Path) != path.Base(call.Template):
		return nil, "", broken("the next page is of another list")
	case address.Query().Encode() == call.Query.Encode():
		return nil, "", broken("the next page is the same page again")
	}
	return *got.Values, address.RawQuery, nil
}

// everyMember reads a whole list of 2.0 of members.
func everyMember(ctx context.Context, t *Target, call rest.Call) ([]wireMember, error) {
	var all []wireMember
	progress := directory.NewProgress(call.Name(), func(m wireMember) string { return m.User.UUID })
	for cursor := ""; ; {
		items, next, err := page[wireMember](ctx, t, call, cursor)
		if err == nil {
			err = progress.Page(items, next == "")
		}
		if err != nil {
			return nil, err
		}
		all = append(all, items...)
		if next == "" {
			return all, nil
		}
		cursor = next
	}
}
