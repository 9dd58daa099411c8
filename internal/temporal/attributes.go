package temporal

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/temporal"
)

// The search attributes of a run. They are indexed in clear and hold names of
// connections, words and counts, never anything about a person.
const (
	AttributeConnection = "RollcallConnection"
	AttributeTrigger    = "RollcallTrigger"
	AttributeOutcome    = "RollcallOutcome"
	AttributeHeld       = "RollcallHeld"
	AttributeFailed     = "RollcallFailed"
)

// ConnectionKey is the name of the run's connection.
func ConnectionKey() sdk.SearchAttributeKeyKeyword {
	return sdk.NewSearchAttributeKeyKeyword(AttributeConnection)
}

// TriggerKey is why the run started, such as "schedule".
func TriggerKey() sdk.SearchAttributeKeyKeyword {
	return sdk.NewSearchAttributeKeyKeyword(AttributeTrigger)
}

// SearchAttributes returns the name and type of each search attribute, for a
// server that is given them when a namespace is made.
func SearchAttributes() map[string]enums.IndexedValueType {
	return map[string]enums.IndexedValueType{
		AttributeConnection: enums.INDEXED_VALUE_TYPE_KEYWORD,
		AttributeTrigger:    enums.INDEXED_VALUE_TYPE_KEYWORD,
		AttributeOutcome:    enums.INDEXED_VALUE_TYPE_KEYWORD,
		AttributeHeld:       enums.INDEXED_VALUE_TYPE_INT,
		AttributeFailed:     enums.INDEXED_VALUE_TYPE_INT,
	}
}

// AttributesRefusedError means that search attributes are missing and that
// this client may not add them, as on Temporal Cloud. Error says what to run.
type AttributesRefusedError struct {
	Namespace string
	// Missing are names of search attributes, sorted.
	Missing []string
	Err     error
}

func (e *AttributesRefusedError) Error() string {
	types := SearchAttributes()
	var cloud, own strings.Builder
	for _, name := range e.Missing {
		fmt.Fprintf(&cloud, " --sa %s=%s", name, types[name])
		fmt.Fprintf(&own, " --name %s --type %s", name, types[name])
	}
	return fmt.Sprintf("namespace %s lacks search attributes and this client may not add them (%v); on Temporal Cloud run `tcld namespace search-attributes add --namespace %s%s`, elsewhere `temporal operator search-attribute create --namespace %s%s`",
		e.Namespace, e.Err, e.Namespace, cloud.String(), e.Namespace, own.String())
}

// Unwrap returns the server's refusal.
func (e *AttributesRefusedError) Unwrap() error { return e.Err }

// EnsureSearchAttributes adds those search attributes that the namespace does
// not have and returns once queries know them. It may be called any number of
// times, by several processes at once. It returns *AttributesRefusedError when
// some are missing and may not be added.
func EnsureSearchAttributes(ctx context.Context, c client.Client, namespace string) error {
	list, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	switch {
	case refused(err):
		// Whoever may not list can still find out by asking for them.
		if queryErr := queryAttributes(ctx, c, namespace); queryErr == nil {
			return nil
		}
		return &AttributesRefusedError{Namespace: namespace, Missing: slices.Sorted(maps.Keys(SearchAttributes())), Err: err}
	case isNotFound(err):
		return fmt.Errorf("namespace %s does not exist; create it with `temporal operator namespace create --namespace %s`: %w", namespace, namespace, err)
	case err != nil:
		return fmt.Errorf("list search attributes of namespace %s: %w", namespace, err)
	}
	missing, err := missingAttributes(list.GetCustomAttributes())
	if err != nil {
		return fmt.Errorf("namespace %s: %w", namespace, err)
	}
	if len(missing) == 0 {
		return nil
	}
	_, err = c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: namespace, SearchAttributes: missing})
	var exists *serviceerror.AlreadyExists
	switch {
	case errors.As(err, &exists): // another process was faster
	case refused(err):
		return &AttributesRefusedError{Namespace: namespace, Missing: slices.Sorted(maps.Keys(missing)), Err: err}
	case err != nil:
		return fmt.Errorf("add search attributes to namespace %s: %w", namespace, err)
	}
	return awaitAttributes(ctx, c, namespace)
}

func missingAttributes(have map[string]enums.IndexedValueType) (map[string]enums.IndexedValueType, error) {
	missing := SearchAttributes()
	var wrong []string
	for name, want := range SearchAttributes() {
		switch got, ok := have[name]; {
		case ok && got != want:
			wrong = append(wrong, fmt.Sprintf("%s is a %s, expected a %s", name, got, want))
		case ok:
			delete(missing, name)
		}
	}
	if len(wrong) > 0 {
		slices.Sort(wrong)
		return nil, fmt.Errorf("search attribute %s; remove it, or use a namespace of Rollcall's own", strings.Join(wrong, ", "))
	}
	return missing, nil
}

const (
	// A server reloads its search attributes once a minute unless told
	// otherwise (system.forceSearchAttributesCacheRefreshOnRead).
	attributesKnownWithin = 90 * time.Second
	// The server tells nobody when it has, so it is asked this often.
	attributesAskedEvery = 500 * time.Millisecond
)

// awaitAttributes waits until the frontend knows the search attributes.
func awaitAttributes(ctx context.Context, c client.Client, namespace string) error {
	ctx, cancel := context.WithTimeout(ctx, attributesKnownWithin)
	defer cancel()
	again := time.NewTicker(attributesAskedEvery)
	defer again.Stop()
	for {
		err := queryAttributes(ctx, c, namespace)
		var unknown *serviceerror.InvalidArgument
		if !errors.As(err, &unknown) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("namespace %s does not know its new search attributes yet: %w", namespace, err)
		case <-again.C:
		}
	}
}

// queryAttributes asks a question in which all search attributes occur.
func queryAttributes(ctx context.Context, c client.Client, namespace string) error {
	var terms []string
	types := SearchAttributes()
	for _, name := range slices.Sorted(maps.Keys(types)) {
		value := "'-'"
		if types[name] == enums.INDEXED_VALUE_TYPE_INT {
			value = "0"
		}
		terms = append(terms, name+" = "+value)
	}
	_, err := c.WorkflowService().CountWorkflowExecutions(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: namespace, Query: strings.Join(terms, " AND "),
	})
	if err != nil {
		return fmt.Errorf("query search attributes of namespace %s: %w", namespace, err)
	}
	return nil
}

func refused(err error) bool {
	var denied *serviceerror.PermissionDenied
	var unimplemented *serviceerror.Unimplemented
	return errors.As(err, &denied) || errors.As(err, &unimplemented)
}

func isNotFound(err error) bool {
	var namespace *serviceerror.NamespaceNotFound
	var other *serviceerror.NotFound
	return errors.As(err, &namespace) || errors.As(err, &other)
}
