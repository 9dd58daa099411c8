package activities

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// classSourceChanged is a connection whose source is another organisation.
const classSourceChanged directory.Class = "source-changed"

// identityFor is how long a source's word about which organisation it is goes
// on being believed: asking takes some requests, and an answer changes only
// when somebody changes the configuration or moves a domain.
const identityFor = time.Hour

// sourceIdentity is when a source was last asked which organisation it is.
type sourceIdentity struct {
	mu sync.Mutex
	at time.Time
}

// sameSource asks the source, unless it was asked of late, which organisation
// it is, before anything that it says is stored. Another one than before ends
// the run for good, with a note that says what to do. Those who ask at once
// share an answer.
func (a *Activities) sameSource(ctx context.Context, c *Connection, claim store.Claim) error {
	known, _ := a.sources.LoadOrStore(claim.ConnectionID, &sourceIdentity{})
	identity := known.(*sourceIdentity)
	identity.mu.Lock()
	defer identity.mu.Unlock()
	if now := a.Now(); !identity.at.IsZero() && now.Sub(identity.at).Abs() < identityFor {
		return nil
	}
	report, err := steady(ctx, func() (directory.SourceReport, error) { return c.Source.Check(ctx) })
	if err != nil {
		return err
	}
	err = a.Store.LearnSource(ctx, claim.ConnectionID, report.Identity)
	var changed *store.SourceChangedError
	if errors.As(err, &changed) {
		a.Log.Error("the source is another organisation", "connection", c.Name, "error", err)
		if err := a.Store.Note(ctx, claim, store.Note{Code: "source-changed", Text: fmt.Sprintf(
			"The connection was read from %s, and is now configured to read %s. Nothing was read or decided. If the configuration names the wrong organisation, put it right. "+
				"If another organisation is meant, give its connection a name of its own. If it is the same organisation under another address, \"rollcall check --accept-source %s\" says so.",
			changed.Was, changed.Is, c.Name)}); err != nil {
			return err
		}
		return final(classSourceChanged)
	}
	if err != nil {
		return err
	}
	identity.at = a.Now()
	return nil
}

// noteRefusal says in words what it means that the source would not give a
// list, where that is a matter of the configuration. It returns the error.
func (a *Activities) noteRefusal(ctx context.Context, claim store.Claim, collection string, err error) error {
	var note store.Note
	var refused *directory.RefusedError
	missing := errors.As(err, &refused) && refused.Status == http.StatusNotFound
	switch class := directory.ClassOf(err); {
	case missing, class == directory.ClassNotFound:
		note = store.Note{Code: "source-not-found", Text: fmt.Sprintf(
			"The source does not know what its list of %s was asked of. Most often source.app_id is mistyped, or the application was deleted; source.url may also name another place. Nothing was taken away. "+
				"Put the configuration right; \"rollcall check\" tells whether it is.", collection)}
	case class == directory.ClassAuth:
		note = store.Note{Code: "source-refused", Text: fmt.Sprintf(
			"The source refused the credential when it was asked for its list of %s. The token may have been revoked, or its owner may have lost the administrator role. Nothing was taken away. "+
				"\"rollcall check\" tells what the credential may do and what it should.", collection)}
	default:
		return err
	}
	return errors.Join(err, a.Store.Note(context.WithoutCancel(ctx), claim, note))
}

// sourceShort reports whether complete lists are too short to be believed, and
// says so in a note.
func (a *Activities) sourceShort(ctx context.Context, c *Connection, claim store.Claim, in workflows.FinishReadInput) (bool, error) {
	why, err := a.Store.SourceBelow(ctx, claim, c.SourceFloor, in.Users, in.Groups)
	if err != nil || why == "" {
		return false, err
	}
	return true, a.Store.Note(ctx, claim, store.Note{Code: store.CodeSourceShort, Text: fmt.Sprintf(
		"The source's lists are not believed: %s. Nobody is taken for missing, and nothing is taken away on their account; what they add is done. "+
			"Look whether the token's owner has lost a role, or the application, its assignments or the groups that are selected have changed (\"rollcall check\"). "+
			"If the lists are right, \"rollcall sync %s --full --allow-removals\" believes them once.", why, c.Name)})
}

// noteClock says that the source's clock shows less than it did before.
func (a *Activities) noteClock(ctx context.Context, claim store.Claim, in workflows.FinishReadInput) error {
	back, err := a.Store.ClockWentBack(ctx, claim.ConnectionID, in.ReadFrom)
	if err != nil || back == 0 {
		return err
	}
	return a.Store.Note(ctx, claim, store.Note{Code: "source-clock", Text: fmt.Sprintf(
		"The source's clock shows %s less than when it was read before. What changed in between would be missed, so that the next run reads everything.", back.Round(time.Second))})
}
