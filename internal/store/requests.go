package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// RequestKind says what a request asks for.
type RequestKind string

// The kinds of request.
const (
	// RequestUser is one person, by Name; RequestGroup one group.
	RequestUser  RequestKind = "user"
	RequestGroup RequestKind = "group"
	// RequestUsers is people and groups by their ids.
	RequestUsers RequestKind = "users"
	// RequestApproval carries an approval out, Subject, and RequestUndo takes back
	// what a run, Subject, did.
	RequestApproval RequestKind = "approval"
	RequestUndo     RequestKind = "undo"
	// RequestApprove and RequestReject are a person's answer to a held plan, Subject.
	RequestApprove RequestKind = "approve"
	RequestReject  RequestKind = "reject"
)

// Request is what a person, or a timer, asked for. Names are in the database
// alone: what travels is the request's id.
type Request struct {
	ID           int64
	ConnectionID int64
	Connection   string
	Kind         RequestKind
	// Name is who or what was asked for; empty once the request has ended.
	Name          string
	Users, Groups []int64
	// Kinds are those of the changes that it is about; none is all.
	Kinds []directory.Kind
	// Subject is the held plan, approval or run that it is about.
	Subject int64
	DryRun  bool
	Who     Who
	// RunID is the run that it became; 0 until there is one.
	RunID     int64
	CreatedAt time.Time
	// EndedAt is zero while it is open.
	EndedAt time.Time
}

// AddRequest records a request and returns its id.
func (s *Store) AddRequest(ctx context.Context, r Request, now time.Time) (int64, error) {
	var id int64
	err := s.write(ctx, func(ctx context.Context, tx *Tx) (err error) {
		id, err = addRequest(ctx, tx, r, now)
		return err
	})
	return id, err
}

func addRequest(ctx context.Context, tx *Tx, r Request, now time.Time) (int64, error) {
	users, err := idList(r.Users)
	if err != nil {
		return 0, err
	}
	groups, err := idList(r.Groups)
	if err != nil {
		return 0, err
	}
	var id int64
	if err := tx.get(ctx, &id, `INSERT INTO requests (connection_id, kind, name, users, groups, kinds, subject, dry_run, who, verified, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
		r.ConnectionID, string(r.Kind), r.Name, users, groups, kindList(r.Kinds), r.Subject, r.DryRun, r.Who.Name, r.Who.Verified, micros(now)); err != nil {
		return 0, fmt.Errorf("record request: %w", err)
	}
	return id, nil
}

type requestRow struct {
	ID           int64  `db:"id"`
	ConnectionID int64  `db:"connection_id"`
	Connection   string `db:"connection"`
	Kind         string `db:"kind"`
	Name         string `db:"name"`
	Users        string `db:"users"`
	Groups       string `db:"groups"`
	Kinds        string `db:"kinds"`
	Subject      int64  `db:"subject"`
	DryRun       bool   `db:"dry_run"`
	Who          string `db:"who"`
	Verified     bool   `db:"verified"`
	RunID        int64  `db:"run_id"`
	CreatedAt    int64  `db:"created_at"`
	EndedAt      int64  `db:"ended_at"`
}

const requestColumns = `SELECT q.id, q.connection_id, c.name AS connection, q.kind, q.name, q.users, q.groups, q.kinds, q.subject, q.dry_run, q.who, q.verified,
		q.run_id, q.created_at, q.ended_at
	FROM requests q JOIN connections c ON c.id = q.connection_id `

func (r requestRow) request() (Request, error) {
	users, err := idsOf(r.Users)
	if err != nil {
		return Request{}, err
	}
	groups, err := idsOf(r.Groups)
	if err != nil {
		return Request{}, err
	}
	return Request{ID: r.ID, ConnectionID: r.ConnectionID, Connection: r.Connection, Kind: RequestKind(r.Kind), Name: r.Name, Users: users, Groups: groups,
		Kinds: kindsOf(r.Kinds), Subject: r.Subject, DryRun: r.DryRun, Who: Who{r.Who, r.Verified}, RunID: r.RunID,
		CreatedAt: fromMicros(r.CreatedAt), EndedAt: fromMicros(r.EndedAt)}, nil
}

// Request returns a request, or ErrNotFound.
func (s *Store) Request(ctx context.Context, id int64) (Request, error) {
	var row requestRow
	if err := s.get(ctx, &row, requestColumns+`WHERE q.id = ?`, id); err != nil {
		return Request{}, fmt.Errorf("read request %d: %w", id, notFound(err))
	}
	return row.request()
}

// OpenRequests returns the requests from before a time whose work has not
// ended, the oldest first. A person's answer to a held plan is not among them:
// one that never reached the plan must not take effect by itself.
func (s *Store) OpenRequests(ctx context.Context, before time.Time) ([]Request, error) {
	var found []requestRow
	if err := s.selectAll(ctx, &found, requestColumns+`WHERE q.ended_at = 0 AND q.created_at < ? AND q.kind NOT IN ('approve', 'reject') ORDER BY q.created_at, q.id LIMIT 1000`, micros(before)); err != nil {
		return nil, fmt.Errorf("read open requests: %w", err)
	}
	open := make([]Request, len(found))
	for i, row := range found {
		var err error
		if open[i], err = row.request(); err != nil {
			return nil, err
		}
	}
	return open, nil
}

// EndRequest records that the work on a request has ended, with the run that it
// became, and forgets whom it named. Ending it again does nothing.
func (s *Store) EndRequest(ctx context.Context, id, runID int64, now time.Time) error {
	return s.write(ctx, func(ctx context.Context, tx *Tx) error { return endRequest(ctx, tx, id, runID, now) })
}

func endRequest(ctx context.Context, tx *Tx, id, runID int64, now time.Time) error {
	if _, err := tx.exec(ctx, `UPDATE requests SET name = '', run_id = CASE WHEN CAST(? AS BIGINT) = 0 THEN run_id ELSE CAST(? AS BIGINT) END, ended_at = ? WHERE id = ? AND ended_at = 0`,
		runID, runID, micros(now), id); err != nil {
		return fmt.Errorf("end request %d: %w", id, err)
	}
	return nil
}

// idList and idsOf write and read the ids of subjects; none is empty text.
func idList(ids []int64) (string, error) {
	if len(ids) == 0 {
		return "", nil
	}
	text, err := json.Marshal(ids)
	if err != nil {
		return "", fmt.Errorf("write ids: %w", err)
	}
	return string(text), nil
}

func idsOf(text string) ([]int64, error) {
	if text == "" {
		return nil, nil
	}
	var ids []int64
	if err := json.Unmarshal([]byte(text), &ids); err != nil {
		return nil, fmt.Errorf("read ids: %w", err)
	}
	return ids, nil
}

func kindList(kinds []directory.Kind) string {
	words := make([]string, len(kinds))
	for i, kind := range kinds {
		words[i] = string(kind)
	}
	return strings.Join(words, ",")
}

func kindsOf(text string) []directory.Kind {
	var kinds []directory.Kind
	for word := range strings.SplitSeq(text, ",") {
		if word != "" {
			kinds = append(kinds, directory.Kind(word))
		}
	}
	return kinds
}
