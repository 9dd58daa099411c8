package scim

import "slices"

// BulkStep is one thing to do for a bulk request.
type BulkStep struct {
	// Index is the operation's.
	Index int
	// Unresolved are bulkIds that have no resource yet, because the operations
	// refer to each other in a circle: the operation is made without these
	// references first.
	Unresolved []string
	// Again marks the second write of a POST that was made with references left
	// out: a PUT, to the resource that it made, of its data with all of them.
	Again bool
}

// Order lists the steps of a bulk request: operations in the order in which the
// client wrote them, but what a reference needs is made before it (RFC 7644,
// section 3.7: order is the provider's choice). In a circle (section 3.7.1)
// one operation comes first without the references and is written again as soon
// as they are there. References to a bulkId that no operation makes are left
// to ResolveBulkIDs to refuse. The error is the *Error of data that cannot be read.
func (b BulkRequest) Order() ([]BulkStep, error) {
	o := bulkOrder{
		needs:   make([][]int, len(b.Operations)),
		state:   make([]bulkState, len(b.Operations)),
		waiting: map[int][]int{},
		missing: map[int]int{},
		request: b,
	}
	makers := make(map[string]int, len(b.Operations))
	for i, operation := range b.Operations {
		if operation.Method == "POST" && operation.BulkID != "" {
			makers[operation.BulkID] = i
		}
	}
	for i, operation := range b.Operations {
		ids, err := operation.references()
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			if maker, ok := makers[id]; ok {
				o.needs[i] = append(o.needs[i], maker)
			}
		}
	}
	for i := range b.Operations {
		o.visit(i)
	}
	return o.steps, nil
}

type bulkState int

const (
	unvisited bulkState = iota
	underway
	ordered
)

type bulkOrder struct {
	request BulkRequest
	// needs are the operations that make what an operation refers to.
	needs [][]int
	state []bulkState
	steps []BulkStep
	// waiting are the operations to be written again, by one that they wait for;
	// missing is how many each still waits for.
	waiting map[int][]int
	missing map[int]int
}

// visit orders what an operation needs, then the operation. Only what a POST
// makes is ever needed, so only POSTs are in circles.
func (o *bulkOrder) visit(i int) {
	if o.state[i] != unvisited {
		return
	}
	o.state[i] = underway
	var unresolved []string
	for _, maker := range o.needs[i] {
		o.visit(maker)
		if o.state[maker] == underway {
			unresolved = append(unresolved, o.request.Operations[maker].BulkID)
			o.waiting[maker] = append(o.waiting[maker], i)
			o.missing[i]++
		}
	}
	o.state[i] = ordered
	slices.Sort(unresolved)
	o.steps = append(o.steps, BulkStep{Index: i, Unresolved: unresolved})
	for _, waiting := range o.waiting[i] {
		if o.missing[waiting]--; o.missing[waiting] == 0 {
			o.steps = append(o.steps, BulkStep{Index: waiting, Again: true})
		}
	}
}
