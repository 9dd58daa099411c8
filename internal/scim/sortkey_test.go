package scim

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestKeysOfNumbersSortAsTheNumbersDo(t *testing.T) {
	t.Parallel()
	ascending := []string{"-1e30", "-123", "-12.35", "-12.34", "-12.3", "-12", "-1.01", "-1", "-0.5", "-0.05", "0", "1e-30", "0.0009", "0.05", "0.5", "0.51", "1", "1.01", "2", "9", "10", "11", "12.3", "99.9", "100", "9007199254740992", "9007199254740993", "1e30"}
	var keys []string
	for _, n := range ascending {
		key, err := SortKey(&Attribute{Name: "n", Type: Decimal}, json.Number(n))
		if err != nil {
			t.Fatal(err)
		}
		if len(keys) > 0 && keys[len(keys)-1] >= key {
			t.Errorf("the key of %s is %q, which is not after %q", n, key, keys[len(keys)-1])
		}
		keys = append(keys, key)
	}
	for _, same := range [][]string{{"1", "1.0", "10e-1", "0.1E+1", "1.000"}, {"0", "-0", "0.00", "0e9"}, {"-20", "-2e1"}} {
		for _, n := range same {
			if a, b := mustKey(t, same[0]), mustKey(t, n); a != b {
				t.Errorf("%s and %s are the same number, but have the keys %q and %q", same[0], n, a, b)
			}
		}
	}
}

func mustKey(t *testing.T, n string) string {
	t.Helper()
	key, err := SortKey(&Attribute{Name: "n", Type: Decimal}, json.Number(n))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestSortKey(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("Ä", 300) // 600 bytes
	tests := []struct {
		name      string
		attribute Attribute
		value     any
		want      string
	}{
		{"a string is folded", Attribute{Type: String}, "Ann LEE", "ann lee"},
		{"RFC 7643 §7: a case exact string is not", Attribute{Type: String, CaseExact: true}, "Ann LEE", "Ann LEE"},
		{"a reference is folded unless it is case exact", Attribute{Type: Reference}, "HTTP://X", "http://x"},
		{"a boolean", Attribute{Type: Boolean}, true, "true"},
		{"a boolean as a string", Attribute{Type: Boolean}, "False", "false"},
		{"a date is UTC with nine digits", Attribute{Type: DateTime}, "2026-03-01T01:30:00.5+02:00", "2026-02-28T23:30:00.500000000Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := SortKey(&tt.attribute, tt.value)
			if err != nil || got != tt.want {
				t.Errorf("key is %q (%v), not %q", got, err, tt.want)
			}
		})
	}
	t.Run("long values are cut and stay distinct", func(t *testing.T) {
		t.Parallel()
		text := Attribute{Type: String}
		a, _ := SortKey(&text, long+"a")
		b, _ := SortKey(&text, long+"b")
		if a == b || len(a) > keptOfLongKey+4*32 || a[:400] != b[:400] || !strings.HasPrefix(a, "ä") {
			t.Errorf("keys are %q and %q", a, b)
		}
		if again, _ := SortKey(&text, strings.ToLower(long)+"A"); again != a {
			t.Errorf("the same text in another case has the key %q, not %q", again, a)
		}
	})
	for name, v := range map[string]struct {
		attribute Attribute
		value     any
	}{
		"a string as a number":        {Attribute{Name: "x", Type: Integer}, "1"},
		"a number as a string":        {Attribute{Name: "x", Type: String}, json.Number("1")},
		"a word as a date":            {Attribute{Name: "x", Type: DateTime}, "yesterday"},
		"a string as a boolean":       {Attribute{Name: "x", Type: Boolean}, "maybe"},
		"anything as a complex":       {Attribute{Name: "x", Type: Complex}, "x"},
		"a number of absurd size":     {Attribute{Name: "x", Type: Decimal}, json.Number("1e99999")},
		"a number of too many digits": {Attribute{Name: "x", Type: Decimal}, json.Number(strings.Repeat("9", 400))},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			t.Parallel()
			_, err := SortKey(&v.attribute, v.value)
			isRefusal(t, err, InvalidValue)
		})
	}
}

func TestFoldAgreesWithEqualFold(t *testing.T) {
	t.Parallel()
	texts := []string{"", "a", "A", "ann.lee", "Ann.Lee", "ß", "ẞ", "ss", "σ", "ς", "Σ", "K", "\u212a", "k", "İ", "i", "I", "ı", "Ǆ", "ǅ", "ǆ", "ÄÖ", "äö", "日本", "Ⅷ", "ⅷ", "ſ", "s", "S", "µ", "μ", "Ꮳ", "ꮳ"}
	for _, a := range texts {
		for _, b := range texts {
			if (Fold(a) == Fold(b)) != strings.EqualFold(a, b) {
				t.Errorf("%q and %q fold to %q and %q", a, b, Fold(a), Fold(b))
			}
		}
		if Fold(Fold(a)) != Fold(a) {
			t.Errorf("folding %q twice gives something else", a)
		}
	}
}
