package store

import (
	"cmp"
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// shownRuns is how many runs are shown of an object.
const shownRuns = 10

// AmbiguousError means that several objects have a name.
type AmbiguousError struct {
	// ScimIDs are theirs.
	ScimIDs []string
}

func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("%d objects have this name: give the id of one", len(e.ScimIDs))
}

// ScimShow finds an object of a connection by id, externalId, userName or
// displayName and reads all that is known of it. The type is "user" or "group",
// or another resource type's name, in any case. ErrNotFound when there is no
// such object, an *AmbiguousError when there are several.
func (s *Store) ScimShow(ctx context.Context, connection, resourceType, name string) (ScimShown, error) {
	connectionID, err := s.ConnectionID(ctx, connection)
	if err != nil {
		return ScimShown{}, err
	}
	ids, err := s.scimObjects(ctx, connectionID, resourceType, name)
	if err != nil {
		return ScimShown{}, err
	}
	known, err := s.scimSubjects(ctx, connectionID, []scimLogRow{{objects: ids}})
	switch {
	case err != nil:
		return ScimShown{}, err
	case len(ids) == 0:
		return ScimShown{}, ErrNotFound
	case len(ids) > 1:
		ambiguous := &AmbiguousError{}
		for _, id := range ids {
			ambiguous.ScimIDs = append(ambiguous.ScimIDs, known[id].scimID)
		}
		return ScimShown{}, ambiguous
	}
	id, subject := ids[0], known[ids[0]]
	shown := ScimShown{Resource: ScimResource{ID: id, ScimID: subject.scimID, Type: subject.kind}, Pending: subject.pending}
	if err := s.each(ctx, func(rows *sqlx.Rows) error {
		var created, modified, deleted int64
		if err := rows.Scan(&shown.Resource.Version, &created, &modified, &deleted, &shown.Resource.Document); err != nil {
			return err
		}
		shown.Resource.Created, shown.Resource.Changed, shown.Deleted = fromMicros(created), fromMicros(modified), fromMicros(deleted)
		return nil
	}, `SELECT version, created_at, modified_at, deleted_at, document FROM scim_resources WHERE id = ?`, id); err != nil {
		return ScimShown{}, fmt.Errorf("read object: %w", err)
	}
	page := []ScimResource{shown.Resource}
	if err := s.readParts(ctx, page, ScimParts{Members: subject.kind != "User", Groups: subject.kind == "User"}); err != nil {
		return ScimShown{}, err
	}
	shown.Resource = page[0]
	if shown.Accounts, err = s.scimAccounts(ctx, connectionID, subject); err != nil {
		return ScimShown{}, err
	}
	shown.Runs, err = s.scimRuns(ctx, connectionID, id, subject)
	return shown, err
}

// scimAccounts are the accounts or target groups that an object is linked to.
func (s *Store) scimAccounts(ctx context.Context, connectionID int64, subject scimSubject) ([]ScimAccount, error) {
	query := `SELECT t.name, a.remote_id, a.email, a.status, a.origin FROM users o JOIN targets t ON t.connection_id = o.connection_id
		JOIN accounts a ON a.target_id = t.id AND a.user_id = o.id WHERE o.connection_id = ? AND o.source_id IN (?, ?) ORDER BY t.name, a.remote_id`
	switch subject.kind {
	case "User":
	case "Group":
		query = `SELECT t.name, g.remote_id, g.name, '', g.origin FROM groups o JOIN targets t ON t.connection_id = o.connection_id
			JOIN target_groups g ON g.target_id = t.id AND g.group_id = o.id WHERE o.connection_id = ? AND o.source_id IN (?, ?) ORDER BY t.name, g.remote_id`
	default:
		return nil, nil
	}
	var accounts []ScimAccount
	err := s.each(ctx, func(rows *sqlx.Rows) error {
		var a ScimAccount
		if err := rows.Scan(&a.Target, &a.RemoteID, &a.Name, &a.Status, &a.Origin); err != nil {
			return err
		}
		accounts = append(accounts, a)
		return nil
	}, query, connectionID, subject.scimID, cmp.Or(subject.externalID, subject.scimID))
	if err != nil {
		return nil, fmt.Errorf("read accounts of object: %w", err)
	}
	return accounts, nil
}

// scimRuns are the last runs that took an object up, the newest first.
func (s *Store) scimRuns(ctx context.Context, connectionID, id int64, subject scimSubject) ([]ScimTaken, error) {
	var runs []ScimTaken
	err := s.each(ctx, func(rows *sqlx.Rows) error {
		var taken ScimTaken
		var done int64
		if err := rows.Scan(&taken.Run, &done); err != nil {
			return err
		}
		taken.Done = fromMicros(done)
		runs = append(runs, taken)
		return nil
	}, `SELECT run_id, acked_at FROM scim_acks WHERE resource_id = ? ORDER BY version DESC LIMIT CAST(? AS BIGINT)`, id, shownRuns)
	if err != nil {
		return nil, fmt.Errorf("read runs of object: %w", err)
	}
	for i := range runs {
		if err := s.scimDone(ctx, connectionID, id, subject, &runs[i]); err != nil {
			return nil, err
		}
	}
	return runs, nil
}
