package directory

import (
	"context"
	"iter"
)

// AccountsIn goes through everybody in a group of a target, page by page. An
// error, which is that of Members, comes with an empty id and is the last.
func AccountsIn(ctx context.Context, t Target, groupID string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		progress := NewProgress("list members", func(id string) string { return id })
		for cursor := ""; ; {
			page, err := t.Members(ctx, groupID, cursor)
			if err == nil {
				err = progress.Page(page.AccountIDs, page.Next == "")
			}
			if err != nil {
				yield("", err)
				return
			}
			for _, id := range page.AccountIDs {
				if !yield(id, nil) {
					return
				}
			}
			if cursor = page.Next; cursor == "" {
				return
			}
		}
	}
}
