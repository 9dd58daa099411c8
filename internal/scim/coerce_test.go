package scim

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCoerceByType(t *testing.T) {
	t.Parallel()
	number := func(s string) json.Number { return json.Number(s) }
	tests := []struct {
		name      string
		attribute Attribute
		value     any
		want      any
		refused   bool
	}{
		{"RFC 7643 §2.3.4: an integer", Attribute{Type: Integer}, number("-12"), number("-12"), false},
		{"RFC 7643 §2.3.4: an integer has no fraction", Attribute{Type: Integer}, number("1.0"), nil, true},
		{"RFC 7643 §2.3.4: an integer has no exponent", Attribute{Type: Integer}, number("1e3"), nil, true},
		{"an integer fits 64 bits", Attribute{Type: Integer}, number("9223372036854775808"), nil, true},
		{"an integer is no string", Attribute{Type: Integer}, "1", nil, true},
		{"RFC 7643 §2.3.3: a decimal", Attribute{Type: Decimal}, number("1.50"), number("1.50"), false},
		{"a decimal of absurd size", Attribute{Type: Decimal}, number("1e999999999"), nil, true},
		{"RFC 7643 §2.3.5: a date and time", Attribute{Type: DateTime}, "2008-01-23T04:56:22+02:00", "2008-01-23T04:56:22+02:00", false},
		{"XML Schema: a date and time without a zone", Attribute{Type: DateTime}, "2008-01-23T04:56:22.5", "2008-01-23T04:56:22.5", false},
		{"RFC 7643 §2.3.5: a date without a time", Attribute{Type: DateTime}, "2008-01-23", nil, true},
		{"strings of several values", Attribute{Type: String, MultiValued: true}, []any{"a", nil, "b"}, []any{"a", "b"}, false},
		{"one string where several may be", Attribute{Type: String, MultiValued: true}, "a", []any{"a"}, false},
		{"several strings where one is due", Attribute{Type: String}, []any{"a"}, nil, true},
		{"an empty array where one string is due", Attribute{Type: String}, []any{}, nil, false},
		{"a string for a complex value without \"value\"", Attribute{Type: Complex, SubAttributes: []Attribute{{Name: "x", Type: String}}}, "a", nil, true},
		{"an object where a string is due", Attribute{Type: String}, map[string]any{"value": "a"}, nil, true},
		{"a writeOnly sub-attribute is not kept", Attribute{Type: Complex, SubAttributes: []Attribute{{Name: "pin", Type: String, Mutability: WriteOnly}}}, map[string]any{"pin": "1234"}, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.attribute.Name = "x"
			got, err := tt.attribute.coerce(tt.value)
			if tt.refused {
				isRefusal(t, err, InvalidValue)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("value (-want +got):\n%s", diff)
			}
		})
	}
}
