package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// membersShown is how many members are listed; --json has them all.
const membersShown = 50

func (p *program) scimShowCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show CONNECTION user|group ID", Short: "Show an object as it was pushed, its memberships, its accounts and what is still to be done",
		Long: "Show an object as it was pushed, its memberships, its accounts and what is still to be done.\n\n" +
			"ID is its id, externalId, userName or displayName. A resource type that the connection declares can stand in place of user or group.",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 3 {
				return usage("expected three arguments, the connection, user or group, and an id or name; see %s --help", c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return p.withStore(c.Context(), func(ctx context.Context, c *config.Config, s *store.Store) error {
				return p.scimShow(ctx, c, s, args[0], args[1], args[2])
			})
		},
	}
}

// shownObject is what `scim show --json` prints.
type shownObject struct {
	Connection string              `json:"connection"`
	Type       string              `json:"type"`
	ID         string              `json:"id"`
	Version    int64               `json:"version"`
	Created    time.Time           `json:"created"`
	Changed    time.Time           `json:"changed"`
	Deleted    time.Time           `json:"deleted,omitzero"`
	Document   json.RawMessage     `json:"document"`
	Members    []shownMember       `json:"members,omitempty"`
	Groups     []shownMember       `json:"groups,omitempty"`
	Pending    *store.ScimPending  `json:"pending,omitempty"`
	Accounts   []store.ScimAccount `json:"accounts"`
	Runs       []store.ScimTaken   `json:"runs"`
}

// shownMember is one end of a membership. Known is false for a member that was
// named before it was pushed itself.
type shownMember struct {
	Value   string `json:"value"`
	Display string `json:"display,omitempty"`
	Type    string `json:"type,omitempty"`
	Known   bool   `json:"known"`
}

func (p *program) scimShow(ctx context.Context, c *config.Config, s *store.Store, connection, kind, name string) error {
	if err := knownConnection(ctx, c, s, connection); err != nil {
		return err
	}
	resourceType, err := typeNamed(c.Connections[connection].Scim, kind)
	if err != nil {
		return err
	}
	found, err := s.ScimShow(ctx, connection, resourceType, name)
	if errors.Is(err, store.ErrNotFound) {
		return &failure{code: ExitUsage, err: fmt.Errorf("connection %s has no %s %q", connection, strings.ToLower(resourceType), name),
			next: fmt.Sprintf("ID is an id, externalId, userName or displayName; \"rollcall scim log %s\" lists what was pushed.", connection)}
	}
	var several *store.AmbiguousError
	if errors.As(err, &several) {
		return &failure{code: ExitUsage, err: fmt.Errorf("connection %s has %d of kind %s called %q", connection, len(several.ScimIDs), strings.ToLower(resourceType), name),
			next: "give the id of one: " + strings.Join(several.ScimIDs, ", ")}
	}
	if err != nil {
		return fmt.Errorf("look up %s in %s: %w", strings.ToLower(resourceType), connection, err)
	}
	o := shown(connection, found)
	if p.json {
		return p.printJSON(o)
	}
	return p.printObject(o)
}

// typeNamed finds a resource type whatever its case.
func typeNamed(door config.ConnectionScim, kind string) (string, error) {
	registry, err := door.Registry()
	if err != nil {
		return "", &failure{code: ExitUsage, err: err}
	}
	var names []string
	for _, t := range registry.Types() {
		if strings.EqualFold(t.Name, kind) {
			return t.Name, nil
		}
		names = append(names, strings.ToLower(t.Name))
	}
	return "", usage("%q is no kind of object; expected %s", kind, strings.Join(names, " or "))
}

func shown(connection string, found store.ScimShown) shownObject {
	r := found.Resource
	o := shownObject{
		Connection: connection, Type: r.Type, ID: r.ScimID, Version: r.Version, Created: r.Created, Changed: r.Changed, Deleted: found.Deleted,
		Document: r.Document, Pending: found.Pending, Accounts: list(found.Accounts), Runs: list(found.Runs),
	}
	if len(o.Document) == 0 {
		// Nothing of it is kept once it is deleted.
		o.Document = json.RawMessage("{}")
	}
	for _, m := range r.Members {
		o.Members = append(o.Members, shownMember{m.Value, m.Display, m.Type, m.Type != ""})
	}
	for _, g := range r.Groups {
		o.Groups = append(o.Groups, shownMember{g.Value, g.Display, "Group", true})
	}
	return o
}

func (p *program) printObject(o shownObject) error {
	p.printf("%s %s of %s, version %d\nPushed %s, changed %s\n", o.Type, plain(o.ID), o.Connection, o.Version, at(o.Created), at(o.Changed))
	if !o.Deleted.IsZero() {
		p.printf("Deleted %s; nothing of it is kept but its id.\n", at(o.Deleted))
	} else {
		var document bytes.Buffer
		if err := json.Indent(&document, o.Document, "  ", "  "); err != nil {
			return fmt.Errorf("print %s: %w", o.ID, err)
		}
		p.printf("\nAs it was pushed\n")
		for line := range strings.SplitSeq(document.String(), "\n") {
			p.printf("%s\n", indented(line))
		}
	}
	p.printMembers("Members", o.Members)
	p.printMembers("In groups", o.Groups)
	return p.printApplied(o)
}

// indented makes a line of a document safe for a terminal, and keeps its
// indentation.
func indented(line string) string {
	text := strings.TrimLeft(line, " ")
	return "  " + strings.Repeat(" ", max(0, len(line)-len(text)-2)) + plain(text)
}

func (p *program) printMembers(title string, members []shownMember) {
	if len(members) == 0 {
		return
	}
	p.printf("\n%s (%d)\n", title, len(members))
	for i, m := range members {
		if i == membersShown {
			p.printf("  … and %d more; --json has them all\n", len(members)-membersShown)
			return
		}
		switch {
		case !m.Known:
			p.printf("  %s  not known yet; kept until it is pushed\n", plain(m.Value))
		case m.Display == "":
			p.printf("  %s\n", plain(m.Value))
		default:
			p.printf("  %s  %s\n", plain(m.Display), plain(m.Value))
		}
	}
}

// printApplied prints what an object is in the targets, and what is still to
// be done about it.
func (p *program) printApplied(o shownObject) error {
	if len(o.Accounts) > 0 {
		p.printf("\nIn the targets\n")
		rows := [][]string{{"  TARGET", "ID", "NAME", "STATUS", "ORIGIN"}}
		for _, a := range o.Accounts {
			status := a.Status
			if status == "" {
				status = "-"
			}
			// A name may be empty where nothing was read back yet.
			rows = append(rows, []string{"  " + a.Target, a.RemoteID, a.Name, status, a.Origin})
		}
		if err := p.table(rows); err != nil {
			return err
		}
	} else {
		p.printf("\nIn no target yet.\n")
	}
	log := &scimLog{program: p, connection: o.Connection, said: map[string]bool{}}
	if o.Pending != nil {
		p.printf("\nTo be done since %s: %s\n", at(o.Pending.Since), pendingText(*o.Pending))
		log.advise(o.Pending, 0, nil)
	}
	if len(o.Runs) > 0 {
		p.printf("\nTaken up\n")
	}
	for _, r := range o.Runs {
		switch {
		case r.Run == 0 || len(r.Changes) == 0:
			p.printf("  %s  nothing to do\n", at(r.Done))
		default:
			p.printf("  %s  %s (run %d)\n", at(r.Done), plain(changesText(r.Changes)), r.Run)
		}
		for _, note := range r.Notes {
			p.printf("      %s\n", plain(note))
		}
		log.advise(nil, r.Run, r.Changes)
	}
	return nil
}
