package targettest

import (
	"slices"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// proxyPage is what a proxy says in place of the product.
const proxyPage = "<html><head><title>Sorry</title></head><body>Not from here</body></html>"

// testDoubts: a write was done and answered as if it were refused, as one is that
// was done before and is done again, and nothing that is asked afterwards says what
// there is. Whoever takes that for a refusal takes it for not done, for good.
func testDoubts(t *testing.T, fixture func(t *testing.T) Fixture) {
	conflict, locked, refused := Answer{Status: 409}, Answer{Status: 423}, Answer{Status: 400}
	moved := Answer{Status: 404, Body: proxyPage}
	proxy, nothing := Answer{Status: 403, Body: proxyPage}, Answer{Status: 200, Body: "{}"}
	faults := []struct {
		name  string
		fault Fault
		// stops is the class of answers that stop all calls, empty where they are none:
		// they may be told as what they are, and the write is in doubt all the same.
		stops directory.Class
	}{
		{name: "a 400, then nothing but 409", fault: Fault{Disown: 400, Then: conflict}},
		{name: "a 400, then nothing but 423", fault: Fault{Disown: 400, Then: locked}},
		{name: "a 400, then nothing but 400", fault: Fault{Disown: 400, Then: refused}},
		{name: "a 400, then nothing but a proxy's page", fault: Fault{Disown: 400, Then: proxy}, stops: directory.ClassAuth},
		{name: "a 400, then nothing but a page that is not found", fault: Fault{Disown: 400, Then: moved}, stops: directory.ClassAuth},
		{name: "a 400, then nothing but 401", fault: Fault{Disown: 400, Then: Answer{Status: 401}}, stops: directory.ClassAuth},
		{name: "a 400, then nothing but 429", fault: Fault{Disown: 400, Then: Answer{Status: 429}}, stops: directory.ClassRateLimited},
		{name: "a 400, then nothing but {}", fault: Fault{Disown: 400, Then: nothing}},
		{name: "a 409, then nothing but 409", fault: Fault{Disown: 409, Then: conflict}},
		{name: "a 409, then nothing but {}", fault: Fault{Disown: 409, Then: nothing}},
	}
	for _, fault := range faults {
		for _, operation := range operations() {
			if !operation.write {
				continue
			}
			t.Run(operation.name+" that is done is answered with "+fault.name, func(t *testing.T) {
				t.Parallel()
				f := fixtureFor(t, fixture, operation)
				if f.Described {
					t.Skip("the product's description has no such answers")
				}
				w := seedWorld(t, f)
				stop := f.Misbehave(t, fault.fault)
				err := operation.call(t.Context(), t, f, w)
				stop()
				class := directory.ClassOf(err)
				switch unclear := !directory.NotDone(err) && (class == directory.ClassUnavailable || class == fault.stops); {
				case err == nil && operation.settled != nil:
					operation.settled(t, f, w)
				case err != nil && unclear:
				case slices.Contains(f.Believes, operation.name) && class == directory.ClassRefused:
				default:
					t.Errorf("it was done, and the outcome is %s: %v: %s", class, err, directory.DetailOf(err))
				}
				if err != nil {
					wantDiscreet(t, f, err, w.email, w.newEmail, w.account, w.member, w.group)
				}
				// Once it can be seen what there is, doing it again does it once.
				err = operation.call(t.Context(), t, f, w)
				if class := directory.ClassOf(err); err != nil && (operation.again == "" || class != operation.again) {
					t.Fatalf("once the fault was gone: %v: %s", err, directory.DetailOf(err))
				}
				if operation.settled != nil {
					operation.settled(t, f, w)
				}
			})
		}
	}
}
