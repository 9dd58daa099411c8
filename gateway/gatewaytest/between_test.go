package gatewaytest_test

import (
	"context"
	"sync/atomic"

	"github.com/rollcall-sync/rollcall/gateway"
	"github.com/rollcall-sync/rollcall/gateway/gatewaytest"
	"github.com/rollcall-sync/rollcall/internal/scim"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// between is a store whose reads of resources, and whose writes, a test can
// hold up or make fail.
type between struct {
	gateway.Store
	read  atomic.Pointer[func(context.Context) error]
	write atomic.Pointer[func(context.Context) error]
}

func (b *between) option() gatewaytest.Option {
	return gatewaytest.Between(func(s gateway.Store) gateway.Store { b.Store = s; return b })
}

func (b *between) onRead(f func(context.Context) error)  { b.read.Store(&f) }
func (b *between) onWrite(f func(context.Context) error) { b.write.Store(&f) }

func (b *between) ScimResource(ctx context.Context, connectionID int64, t *scim.ResourceType, id string, parts store.ScimParts) (store.ScimResource, error) {
	if f := b.read.Load(); f != nil && *f != nil {
		if err := (*f)(ctx); err != nil {
			return store.ScimResource{}, err
		}
	}
	return b.Store.ScimResource(ctx, connectionID, t, id, parts)
}

func (b *between) CreateScim(ctx context.Context, w store.ScimWrite, document scim.Resource, members []scim.Member) (store.ScimChanged, error) {
	if f := b.write.Load(); f != nil && *f != nil {
		if err := (*f)(ctx); err != nil {
			return store.ScimChanged{}, err
		}
	}
	return b.Store.CreateScim(ctx, w, document, members)
}
