package targettest

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// groupOperations are those of targets whose groups can be in groups, hold
// permissions, or give access.
func groupOperations() []operation {
	return []operation{
		{name: "Subgroups", can: implements[directory.Nester],
			call: func(ctx context.Context, _ *testing.T, f Fixture, w world) error {
				_, err := f.Target.(directory.Nester).Subgroups(ctx, w.outer, "")
				return err
			}},
		{name: "AddSubgroup", write: true, can: implements[directory.Nester],
			call: func(ctx context.Context, _ *testing.T, f Fixture, w world) error {
				return f.Target.(directory.Nester).AddSubgroup(ctx, w.outer, w.group)
			},
			settled: func(t *testing.T, f Fixture, w world) {
				if lacking := missing([]string{w.inner, w.group}, f.SubgroupsNow(t, w.outer)); len(lacking) > 0 {
					t.Errorf("the group lacks %v", lacking)
				}
			}},
		{name: "RemoveSubgroup", write: true, can: implements[directory.Nester],
			call: func(ctx context.Context, _ *testing.T, f Fixture, w world) error {
				return f.Target.(directory.Nester).RemoveSubgroup(ctx, w.outer, w.inner)
			},
			settled: func(t *testing.T, f Fixture, w world) {
				if groups := f.SubgroupsNow(t, w.outer); len(groups) != 0 {
					t.Errorf("the group still has %v in it", groups)
				}
			}},
		{name: "Permissions", can: implements[directory.GroupPermitter],
			call: func(ctx context.Context, _ *testing.T, f Fixture, w world) error {
				_, err := f.Target.(directory.GroupPermitter).Permissions(ctx, w.group, []string{f.Permissions[0].Scope})
				return err
			}},
		{name: "Permit", write: true, can: implements[directory.GroupPermitter],
			call: func(ctx context.Context, _ *testing.T, f Fixture, w world) error {
				return f.Target.(directory.GroupPermitter).Permit(ctx, w.group, f.Permissions[0])
			},
			settled: func(t *testing.T, f Fixture, w world) {
				if diff := cmp.Diff(f.Permissions[:1], f.PermissionsNow(t, w.group), cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("permissions (-want +got)\n%s", diff)
				}
			}},
		{name: "AccessGroups", can: implements[directory.AccessTaker],
			call: func(ctx context.Context, _ *testing.T, f Fixture, _ world) error {
				_, err := f.Target.(directory.AccessTaker).AccessGroups(ctx)
				return err
			}},
		{name: "HandOver", write: true, can: implements[directory.LeadKeeper],
			call: func(ctx context.Context, _ *testing.T, f Fixture, w world) error {
				_, err := f.Target.(directory.LeadKeeper).HandOver(ctx, w.member)
				return err
			},
			settled: func(t *testing.T, f Fixture, w world) {
				for _, what := range w.leads {
					if by := f.LedBy(t, what); by == w.member || by == "" {
						t.Errorf("%s is led by %q", what, by)
					}
				}
			}},
	}
}
