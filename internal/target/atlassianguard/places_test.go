package atlassianguard_test

import (
	"fmt"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// user and group seed the stand-in and return the id.
func (p *place) user(t *testing.T, email string) string {
	t.Helper()
	a := p.sim.NewAccount(email)
	if err := p.sim.Roster().AddAccount(a); err != nil {
		t.Fatal(err)
	}
	return a.ID
}

func (p *place) group(t *testing.T, name string) string {
	t.Helper()
	g := p.sim.NewGroup(name)
	if err := p.sim.Roster().AddGroup(g); err != nil {
		t.Fatal(err)
	}
	return g.ID
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v: %s", err, directory.DetailOf(err))
	}
}

func numbered(n int, format string) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf(format, i)
	}
	return names
}
