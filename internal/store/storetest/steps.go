package storetest

import "testing"

// steps are the plans of what rules, ladders and modes ask for.
func steps(t *testing.T, open Open) {
	t.Run("leavers", func(t *testing.T) { t.Parallel(); leaverPlans(t, open) })
	t.Run("attributes", func(t *testing.T) { t.Parallel(); attributePlans(t, open) })
	t.Run("groups", func(t *testing.T) { t.Parallel(); groupPlans(t, open) })
	t.Run("seats", func(t *testing.T) { t.Parallel(); seatPlans(t, open) })
	t.Run("in doubt", func(t *testing.T) { t.Parallel(); plansInDoubt(t, open) })
}
