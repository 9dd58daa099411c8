package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/store"
)

func TestAttributesAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		attributes map[string]string
		want       string
	}{
		"none":             {nil, ""},
		"none of a map":    {map[string]string{}, ""},
		"one that is \"\"": {map[string]string{"location": ""}, `{"location":""}`},
		"keys are sorted":  {map[string]string{"location": "Köln", "department": "R&D"}, `{"department":"R\u0026D","location":"Köln"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := store.WriteAttributes(c.attributes)
			if err != nil || text != c.want {
				t.Fatalf("wrote %q, %v; want %q", text, err, c.want)
			}
			back, err := store.ReadAttributes(text)
			if err != nil {
				t.Fatal(err)
			}
			if len(c.attributes) == 0 && back != nil {
				t.Errorf("nothing was read as %#v", back)
			} else if diff := cmp.Diff(c.attributes, back); len(c.attributes) > 0 && diff != "" {
				t.Errorf("read (-want +got)\n%s", diff)
			}
		})
	}
}

func TestAttributesThatCannotBeWrittenOrReadAreAnError(t *testing.T) {
	t.Parallel()
	if text, err := store.WriteAttributes(map[string]any{"manager": func() {}}); err == nil || text != "" {
		t.Errorf("wrote %q, %v", text, err)
	}
	for _, text := range []string{"?", `{"location":`, `["location"]`, `{"location":1}`} {
		if attributes, err := store.ReadAttributes(text); err == nil || attributes != nil {
			t.Errorf("%q was read as %v, %v", text, attributes, err)
		}
	}
}
