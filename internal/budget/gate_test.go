package budget

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
)

func TestACallThatItsGateKeepsBackIsNotSentAndHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	var served atomic.Int64
	url, base := serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		served.Add(1)
		w.WriteHeader(http.StatusNoContent)
	}))
	rt := NewTransport(base, newMemoryStore(), endpoint(0.5))
	kept := errors.New("not now")
	asked := 0
	shut := WithGate(t.Context(), func(context.Context) error { asked++; return kept })
	for range 3 {
		if _, err := call(shut, t, rt, url); !errors.Is(err, kept) {
			t.Fatalf("got %v, want the gate's error", err)
		}
	}
	if n := served.Load(); n > 0 || asked != 3 {
		t.Fatalf("%d were sent, the gate was asked %d times", n, asked)
	}
	for _, ctx := range []context.Context{t.Context(), WithGate(t.Context(), func(context.Context) error { return nil })} {
		if status, err := call(ctx, t, rt, url); err != nil || status != http.StatusNoContent {
			t.Errorf("another call: %d, %v", status, err)
		}
	}
}
