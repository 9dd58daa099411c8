package temporal

import (
	"fmt"

	"go.temporal.io/sdk/client"
)

// Lazy returns a client that connects when it is first used: the gateway takes
// pushes while Temporal is away, also at its start. An error is about the
// options only.
func Lazy(o Options) (client.Client, error) {
	options, err := clientOptions(o)
	if err != nil {
		return nil, err
	}
	c, err := client.NewLazyClient(options)
	if err != nil {
		return nil, fmt.Errorf("client of Temporal at %s, namespace %s: %w", o.Temporal.Address, o.Temporal.Namespace, err)
	}
	return c, nil
}
