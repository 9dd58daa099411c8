//go:build unix

package store_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/scim"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// BenchmarkScim measures what requests cost the store, with 8 side by side and
// 10,000 users, on SQLite.
func BenchmarkScim(b *testing.B) {
	path := filepath.Join(b.TempDir(), "store.db")
	s := open(b, "sqlite:"+path, "sqlite", "file:"+path).Store
	if _, err := s.CreateScimToken(b.Context(), "staff", "okta", "digest", time.Time{}, time.Now()); err != nil {
		b.Fatal(err)
	}
	connection, err := s.ConnectionID(b.Context(), "staff")
	if err != nil {
		b.Fatal(err)
	}
	user, group := scim.UserType(), scim.GroupType()
	write := func(t *scim.ResourceType) store.ScimWrite {
		return store.ScimWrite{ConnectionID: connection, Type: t, Log: store.ScimRequest{At: time.Now(), Method: "POST", Path: t.Endpoint, Status: 201}}
	}
	var made atomic.Int64
	create := func() (string, error) {
		n := made.Add(1)
		changed, err := s.CreateScim(b.Context(), write(user), benchUser(n), nil)
		return changed.Resource.ScimID, err
	}
	// side runs a request again and again, 8 at a time.
	side := func(b *testing.B, total int, request func(i int) error) {
		b.Helper()
		var next atomic.Int64
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for i := next.Add(1); i <= int64(total); i = next.Add(1) {
					if err := request(int(i)); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
	}
	const users = 10_000
	ids := make([]string, users)
	side(b, users, func(i int) (err error) {
		ids[i-1], err = create()
		return err
	})
	for _, m := range []struct {
		name    string
		request func(i int) error
	}{
		{"POST", func(int) error {
			_, err := create()
			return err
		}},
		{"GET", func(i int) error {
			if _, err := s.ScimCaller(b.Context(), "staff", "digest", time.Now()); err != nil {
				return err
			}
			_, err := s.ScimResource(b.Context(), connection, user, ids[i%users], store.ScimParts{Groups: true})
			return err
		}},
		{"userName", func(i int) error {
			_, err := s.ScimList(b.Context(), store.ScimQuery{ConnectionID: connection, Types: []*scim.ResourceType{user}, Count: 100, Parts: store.ScimParts{Groups: true},
				Filter: &scim.Compare{Path: scim.AttributePath{Name: "userName"}, Operator: scim.Eq, Value: fmt.Sprintf("Person%d@example.com", 1+i%users)}})
			return err
		}},
		{"page", func(i int) error {
			_, err := s.ScimList(b.Context(), store.ScimQuery{ConnectionID: connection, Types: []*scim.ResourceType{user}, Count: 100, StartIndex: 1 + i*97%users, Parts: store.ScimParts{Groups: true}})
			return err
		}},
		{"PATCH", func(i int) error {
			_, err := s.ChangeScim(b.Context(), write(user), ids[i%users], func(current store.ScimResource) (store.ScimEdit, error) {
				d, err := scim.ParseResource(current.Document)
				d["title"] = fmt.Sprint("Title ", i)
				return store.ScimEdit{Document: d}, err
			})
			return err
		}},
	} {
		b.Run(m.name, func(b *testing.B) {
			b.ReportAllocs()
			begun := processorTime(b)
			side(b, b.N, m.request)
			b.ReportMetric(float64(processorTime(b)-begun)/float64(b.N), "cpu-ns/op")
		})
	}
	for _, size := range []int{1000, 9000} {
		b.Run(fmt.Sprintf("members/%d", size), func(b *testing.B) {
			team, err := s.CreateScim(b.Context(), write(group), scim.Resource{"displayName": fmt.Sprint("g", size, b.N)}, benchMembers(ids[:size]))
			if err != nil {
				b.Fatal(err)
			}
			batch := benchMembers(ids[size : size+256])
			begun := processorTime(b)
			b.ResetTimer()
			for i := range b.N {
				step := scim.MemberChange{Add: batch}
				if i%2 == 1 {
					step = scim.MemberChange{Remove: batch}
				}
				if _, err := s.ChangeScim(b.Context(), write(group), team.Resource.ScimID, func(store.ScimResource) (store.ScimEdit, error) {
					return store.ScimEdit{Members: []scim.MemberChange{step}}, nil
				}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(processorTime(b)-begun)/float64(b.N), "cpu-ns/op")
		})
	}
}

// processorTime is what the process has used of all processors: a measure that
// other programs on the machine hardly disturb.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func benchMembers(ids []string) []scim.Member {
	members := make([]scim.Member, len(ids))
	for i, id := range ids {
		members[i] = scim.Member{Value: id, Type: "User"}
	}
	return members
}

// benchUser is a user as identity providers push them.
func benchUser(n int64) scim.Resource {
	return scim.Resource{
		"userName": fmt.Sprintf("person%d@example.com", n), "externalId": fmt.Sprintf("00u%017d", n), "active": true, "displayName": fmt.Sprintf("Person %d", n),
		"locale": "en-GB", "title": "Engineer",
		"name":                    map[string]any{"givenName": "Person", "familyName": fmt.Sprint("Number", n)},
		"emails":                  []any{map[string]any{"value": fmt.Sprintf("person%d@example.com", n), "type": "work", "primary": true}},
		scim.EnterpriseUserSchema: map[string]any{"department": fmt.Sprint("D", n%50), "employeeNumber": json.Number(fmt.Sprint(n)).String()},
	}
}
