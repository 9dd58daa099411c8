package store_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/pgtest"
	"github.com/rollcall-sync/rollcall/internal/scim"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func TestTwoStoresOnOneDatabaseStayRight(t *testing.T) {
	t.Parallel()
	address := pgtest.Database(t)
	stores := make([]*store.Store, 2)
	for i := range stores {
		var err error
		if stores[i], err = store.Open(t.Context(), address); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := stores[i].Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	token, err := stores[0].CreateScimToken(t.Context(), "staff", "okta", "digest", time.Time{}, now)
	if err != nil {
		t.Fatal(err)
	}
	caller, err := stores[1].ScimCaller(t.Context(), "staff", "digest", now)
	if err != nil || caller.TokenID != token.ID {
		t.Fatalf("the other store finds %+v, %v", caller, err)
	}
	user, group := scim.UserType(), scim.GroupType()
	write := func(typ *scim.ResourceType) store.ScimWrite {
		return store.ScimWrite{ConnectionID: caller.ConnectionID, Type: typ, Log: store.ScimRequest{At: now}}
	}
	const n = 20
	var members []scim.Member
	for i := range n {
		members = append(members, scim.Member{Value: fmt.Sprintf("ext-%d", i)})
	}
	team, err := stores[0].CreateScim(t.Context(), write(group), scim.Resource{"displayName": "birds"}, members[:n/2])
	if err != nil {
		t.Fatal(err)
	}
	// Users arrive at both while the other half of the members is added and some
	// of them are added once more.
	var wg sync.WaitGroup
	for i := range n {
		s := stores[i%2]
		wg.Go(func() {
			if _, err := s.CreateScim(t.Context(), write(user), scim.Resource{"userName": fmt.Sprintf("p%d", i), "externalId": members[i].Value}, nil); err != nil {
				t.Errorf("user %d: %v", i, err)
			}
		})
		wg.Go(func() {
			if _, err := s.ChangeScim(t.Context(), write(group), team.Resource.ScimID, func(store.ScimResource) (store.ScimEdit, error) {
				return store.ScimEdit{Members: []scim.MemberChange{{Add: members[i : i+1]}}}, nil
			}); err != nil {
				t.Errorf("member %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	for i, s := range stores {
		r, err := s.ScimResource(t.Context(), caller.ConnectionID, group, team.Resource.ScimID, store.ScimParts{Members: true})
		if err != nil {
			t.Fatal(err)
		}
		var names, want []string
		for _, m := range r.Members {
			names = append(names, m.Type+" "+m.Display)
		}
		for i := range n {
			want = append(want, fmt.Sprintf("User p%d", i))
		}
		slices.Sort(names)
		slices.Sort(want)
		if !slices.Equal(names, want) {
			t.Errorf("store %d: members %v, want %v", i, names, want)
		}
		page, err := s.ScimList(t.Context(), store.ScimQuery{ConnectionID: caller.ConnectionID, Types: []*scim.ResourceType{user}})
		if err != nil || page.Total != n {
			t.Errorf("store %d: %d users, %v; want %d", i, page.Total, err, n)
		}
	}
	if _, err := stores[0].RevokeScimToken(t.Context(), "staff", "okta", now); err != nil {
		t.Fatal(err)
	}
	if _, err := stores[1].ScimCaller(t.Context(), "staff", "digest", now); err == nil {
		t.Error("the other store still lets in who has the revoked token")
	}
}
