package scim

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzDecode checks that no body makes Decode panic, that what it accepts is
// stored and read back the same, is accepted again, and can be listed, shown and
// replaced by itself.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"schemas":["` + UserSchema + `"],"userName":"a","active":"False","emails":{"value":"x","primary":"True"},"` + EnterpriseUserSchema + `":{"manager":"m"}}`))
	f.Add([]byte(`{"displayName":"G","members":[{"value":"1","$ref":"Users/1"},{"$ref":null,"value":"2"}]}`))
	f.Add([]byte(`{"serial":"S","level":1,"weight":-1.5e3,"doors":[{"value":"a","since":"2026-01-01T00:00:00Z"}],"` + site + `":{"building":"B","floor":3}}`))
	types := []*ResourceType{UserType(), GroupType(), badge()}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, resourceType := range types {
			in, err := resourceType.Decode(body)
			if err != nil {
				if _, ok := err.(*Error); !ok {
					t.Fatalf("refused with a %T: %v", err, err)
				}
				continue
			}
			document, err := in.Document.Encode()
			if err != nil {
				t.Fatal(err)
			}
			read, err := ParseResource(document)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(read, in.Document) {
				t.Fatalf("stored %v, read %v", in.Document, read)
			}
			again, err := resourceType.Decode(document)
			if err != nil || !reflect.DeepEqual(again.Document, in.Document) {
				t.Fatalf("decoded %v, then %v (%v)", in.Document, again.Document, err)
			}
			if next, err := resourceType.Replace(read, in.Document); err != nil || !reflect.DeepEqual(next, in.Document) {
				t.Fatalf("replaced %v by itself: %v (%v)", read, next, err)
			}
			seen := map[Value]bool{}
			for _, v := range resourceType.Values(read) {
				at := Value{Path: v.Path, Element: v.Element}
				if seen[at] {
					t.Fatalf("two values at %v", at)
				}
				seen[at] = true
				if len(v.Key) > longestKey+64 {
					t.Fatalf("the key at %v has %d bytes", at, len(v.Key))
				}
			}
			p, err := resourceType.ParseProjection([]string{"userName", "doors.value"}, nil)
			if err != nil {
				t.Fatal(err)
			}
			p.Apply(resourceType, read)
			resourceType.UniqueValue(read)
			resourceType.Display(read)
		}
	})
}

// FuzzBulk checks that no bulk request makes the planning panic, that every
// operation comes once, and a second time only after all that it waited for,
// and that resolving leaves no reference behind.
func FuzzBulk(f *testing.F) {
	f.Add([]byte(`{"Operations":[{"method":"POST","path":"/Groups","bulkId":"a","data":{"members":[{"value":"bulkId:b"}]}},{"method":"POST","path":"/Groups","bulkId":"b","data":{"members":[{"value":"bulkId:a"}]}}]}`))
	f.Add([]byte(`{"failOnErrors":1,"Operations":[{"method":"PATCH","path":"/Groups/bulkId:a","data":{"Operations":[{"op":"remove","path":"members[value eq \"bulkId:a\"]"}]}}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		b, err := ParseBulk(body, 100)
		if err != nil {
			return
		}
		steps, err := b.Order()
		if err != nil {
			t.Fatalf("what was parsed cannot be ordered: %v", err)
		}
		made, written := map[string]string{}, make([]int, len(b.Operations))
		for _, step := range steps {
			o := b.Operations[step.Index]
			written[step.Index]++
			if step.Again != (written[step.Index] == 2) || written[step.Index] > 2 {
				t.Fatalf("step %+v is write %d", step, written[step.Index])
			}
			if err := o.Check(); err != nil {
				continue
			}
			data, path, err := ResolveBulkIDs(o.Data, o.Path, made, step.Unresolved)
			if err != nil {
				continue
			}
			left, err := BulkOperation{Method: o.Method, Path: path, Data: data}.references()
			if err != nil {
				t.Fatalf("resolved data cannot be read: %v", err)
			}
			if len(left) > 0 {
				t.Fatalf("references %q are left in %s", left, data)
			}
			if o.Method == "POST" {
				made[o.BulkID] = "id"
			}
		}
		for i, n := range written {
			if n == 0 {
				t.Fatalf("operation %d is never done", i)
			}
		}
	})
}

// FuzzJSON checks that the reader of bodies takes what encoding/json takes, and
// reads the same, but for what it refuses on purpose.
func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"a":[1,-2.5e+3,true,null,"\u00e4\ud83d\ude00"],"b":{}, "c" : false }`))
	f.Add([]byte(`[01, 1., "\x", tru]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := decodeJSON(body)
		body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
		d := json.NewDecoder(bytes.NewReader(body))
		d.UseNumber()
		var want any
		wantErr := d.Decode(&want)
		if wantErr == nil {
			if _, more := d.Token(); more != io.EOF {
				wantErr = errors.New("more data")
			}
		}
		if err == nil {
			if wantErr != nil || !reflect.DeepEqual(want, got) {
				t.Fatalf("read %v, encoding/json reads %v (%v)", got, want, wantErr)
			}
			return
		}
		onPurpose := !utf8.Valid(body) || strings.Contains(err.Error(), "twice") || strings.Contains(err.Error(), "U+0000") || strings.Contains(err.Error(), "deeper")
		if wantErr == nil && !onPurpose {
			t.Fatalf("refused: %v; encoding/json reads %v", err, want)
		}
	})
}
