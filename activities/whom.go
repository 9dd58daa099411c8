package activities

import (
	"context"
	"slices"
	"sync"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// next finds the next of those whom the request is about. The source is asked
// about one person, or one group, when the request begins: what it says then
// counts, whatever was known.
func (r *requested) next(ctx context.Context) (part, error) {
	if asks := r.request.Kind == store.RequestUser || r.request.Kind == store.RequestGroup; asks && !r.c.pushedOnly() {
		if err := r.sameSource(ctx, r.c, r.claim); err != nil {
			return part{}, err
		}
	}
	switch r.request.Kind {
	case store.RequestUser:
		users, err := r.person(ctx)
		r.result.NotFound = err == nil && len(users) == 0
		return part{users: users}, err
	case store.RequestGroup:
		return r.group(ctx)
	case store.RequestApproval:
		users, groups, next, err := r.Store.ApprovedSubjects(ctx, r.request.Subject, r.result.After, subjectsAtOnce)
		return part{users, groups, next}, err
	case store.RequestUndo:
		if r.request.DryRun {
			// What an undo would do is told without one: an override is no plan.
			return part{}, nil
		}
		if r.result.After == 0 {
			if err := r.decideUndone(ctx); err != nil {
				return part{}, err
			}
		}
		// Asked again it changes nothing: what was undone is an override already.
		users, groups, err := r.Store.BeginUndo(ctx, r.claim, r.request.Subject, r.request.Users, r.Now())
		if err != nil {
			return part{}, err
		}
		p := after(users, r.result.After)
		p.groups = groups
		return p, nil
	}
	p := after(r.request.Users, r.result.After)
	p.groups = r.request.Groups
	return p, nil
}

// decideUndone decides anew about the people whose changes are to be taken back:
// what was undone stays so for as long as the rules say of them what they say now.
func (r *requested) decideUndone(ctx context.Context) error {
	var users []int64
	for change, err := range r.Store.Changes(ctx, r.request.Subject, store.ChangeFilter{States: []string{string(directory.Applied)}}) {
		if err != nil {
			return err
		}
		if change.UserID != 0 && (len(r.request.Users) == 0 || slices.Contains(r.request.Users, change.UserID)) {
			users = append(users, change.UserID)
		}
	}
	slices.Sort(users)
	for chunk := range slices.Chunk(slices.Compact(users), subjectsAtOnce) {
		if err := r.Store.DecideSubjects(ctx, r.claim, r.deciders(), chunk, nil, r.c.Want(), r.Now()); err != nil {
			return err
		}
	}
	return nil
}

// person asks the source about the one whom the request names.
func (r *requested) person(ctx context.Context) ([]int64, error) {
	known, _, err := r.Store.SubjectIDs(ctx, r.c.Name, r.request.Name)
	if err != nil || r.c.pushedOnly() {
		return known, err // what was pushed is all that there is to ask
	}
	found, err := r.lookUp(ctx, r.request.Name)
	if err != nil {
		return nil, err
	}
	if found != nil {
		ids, err := r.Store.PullFound(ctx, r.claim, []store.FoundUser{*found}, r.Now())
		return distinct(ids), err
	}
	// Nobody has that name in the source now. Whoever had it here may have another
	// there: only their own id tells whether they are gone.
	sources, err := r.Store.SourceIDs(ctx, known)
	if err != nil {
		return nil, err
	}
	var all []store.FoundUser
	for id, source := range sources {
		one, err := r.lookUp(ctx, source)
		if err != nil {
			return nil, err
		}
		if one == nil {
			one = &store.FoundUser{User: directory.User{SourceID: source}, Gone: true}
		}
		one.ResourceID = id
		all = append(all, *one)
	}
	if _, err := r.Store.PullFound(ctx, r.claim, all, r.Now()); err != nil {
		return nil, err
	}
	return known, nil
}

// lookUp asks the source about a person; nil means that there is none.
func (r *requested) lookUp(ctx context.Context, id string) (*store.FoundUser, error) {
	user, err := steady(ctx, func() (directory.User, error) { return r.c.Source.User(ctx, id) })
	if directory.ClassOf(err) == directory.ClassNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	groups, err := steady(ctx, func() ([]string, error) { return r.c.Source.UserGroups(ctx, user.SourceID) })
	if err != nil && directory.ClassOf(err) != directory.ClassNotFound {
		return nil, err
	}
	return &store.FoundUser{ResourceID: 1, User: user, GroupIDs: groups}, nil
}

// group reads the members of the group that the request names, once, and then
// goes through those who are in it or were. The source is asked for a group that
// is not known, or is not there any more as far as is known.
func (r *requested) group(ctx context.Context) (part, error) {
	_, ids, err := r.Store.SubjectIDs(ctx, r.c.Name, r.request.Name)
	if err != nil {
		return part{}, err
	}
	first := r.result.After == 0
	if first && !r.c.pushedOnly() {
		present, err := r.Store.GroupRefs(ctx, ids)
		if err != nil {
			return part{}, err
		}
		if len(present) == 0 {
			found, err := r.findGroups(ctx, r.request.Name)
			if err != nil {
				return part{}, err
			}
			ids = slices.Compact(slices.Sorted(slices.Values(append(ids, found...))))
		}
	}
	if len(ids) == 0 {
		r.result.NotFound = true
		return part{}, nil
	}
	if first && !r.c.pushedOnly() {
		if err := r.readGroups(ctx, ids); err != nil {
			return part{}, err
		}
	}
	users, err := r.Store.MembersAfter(ctx, ids, r.result.After, subjectsAtOnce)
	if err != nil {
		return part{}, err
	}
	p := part{users: users}
	if first {
		p.groups = ids
	}
	if len(users) == subjectsAtOnce {
		p.next = users[len(users)-1]
	}
	return p, nil
}

// readGroups reads the members of groups, and looks up those of them who are
// not known yet.
func (r *requested) readGroups(ctx context.Context, ids []int64) error {
	refs, err := r.Store.GroupRefs(ctx, ids)
	if err != nil {
		return err
	}
	for _, g := range refs {
		members, err := allMembers(ctx, r.c.Source, g.SourceID)
		if directory.ClassOf(err) == directory.ClassNotFound {
			continue // deleted there: the next full read tells, and it counts then
		}
		if err != nil {
			return err
		}
		if err := r.meet(ctx, members); err != nil {
			return err
		}
		if _, err := r.Store.SaveMembers(ctx, r.claim, g, members); err != nil {
			return err
		}
	}
	return nil
}

// meet looks up the people who are not known yet.
func (r *requested) meet(ctx context.Context, members []string) error {
	unknown, err := r.Store.UnknownUsers(ctx, r.claim.ConnectionID, members)
	if err != nil || len(unknown) == 0 {
		return err
	}
	var mu sync.Mutex
	var found []store.FoundUser
	err = eachAtOnce(ctx, lookUpsAtOnce, len(unknown), func(ctx context.Context, i int) error {
		one, err := r.lookUp(ctx, unknown[i])
		if err != nil || one == nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		one.ResourceID = int64(i)
		found = append(found, *one)
		return nil
	})
	if err != nil {
		return err
	}
	_, err = r.Store.PullFound(ctx, r.claim, found, r.Now())
	return err
}
