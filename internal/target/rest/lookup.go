package rest

import (
	"context"
	"errors"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// LookUp asks for each distinct name, SideBySide at once. What one calls a
// *directory.NotFoundError is left out; any other error ends it.
func LookUp[R any](ctx context.Context, names []string, one func(ctx context.Context, name string) (R, error)) ([]R, error) {
	return Gather(ctx, Distinct(names), func(ctx context.Context, name string) ([]R, error) {
		found, err := one(ctx, name)
		var missing *directory.NotFoundError
		switch {
		case errors.As(err, &missing):
			return nil, nil
		case err != nil:
			return nil, err
		}
		return []R{found}, nil
	})
}

// Distinct returns the names that differ by more than case, without empty ones.
func Distinct(names []string) []string {
	seen := make(map[string]bool, len(names))
	var kept []string
	for _, name := range names {
		if folded := strings.ToLower(name); name != "" && !seen[folded] {
			seen[folded] = true
			kept = append(kept, name)
		}
	}
	return kept
}
