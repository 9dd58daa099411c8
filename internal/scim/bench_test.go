package scim

import (
	"fmt"
	"strings"
	"testing"
)

// oktaUser is a user as Okta's client sends one, with the enterprise
// extension: about 600 bytes.
const oktaUser = `{"schemas":["` + UserSchema + `","` + EnterpriseUserSchema + `"],"userName":"barbara.jensen@example.com","name":{"givenName":"Barbara","familyName":"Jensen"},"emails":[{"primary":true,"value":"barbara.jensen@example.com","type":"work"}],"displayName":"Barbara Jensen","locale":"en-US","externalId":"00ujl29u0le5T6Aj10h7","title":"Tour Guide","groups":[],"password":"1mz050nq","active":true,"` + EnterpriseUserSchema + `":{"employeeNumber":"701984","department":"Tour Operations","manager":{"value":"26118915-6090-4610-87e4-49d8ca9f808d"}}}`

func BenchmarkDecodeEncodeValues(b *testing.B) {
	user, body := UserType(), []byte(oktaUser)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		in, err := user.Decode(body)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := in.Document.Encode(); err != nil {
			b.Fatal(err)
		}
		user.Values(in.Document)
		user.UniqueValue(in.Document)
	}
}

func BenchmarkDecode(b *testing.B) {
	user, body := UserType(), []byte(oktaUser)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := user.Decode(body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	in, err := UserType().Decode([]byte(oktaUser))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := in.Document.Encode(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkValues(b *testing.B) {
	user := UserType()
	in, err := user.Decode([]byte(oktaUser))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		user.Values(in.Document)
	}
}

func BenchmarkParseResource(b *testing.B) {
	in, err := UserType().Decode([]byte(oktaUser))
	if err != nil {
		b.Fatal(err)
	}
	document, err := in.Document.Encode()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseResource(document); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBulkOf1000InACircle(b *testing.B) {
	operations := make([]string, 1000)
	for i := range operations {
		operations[i] = fmt.Sprintf(`{"method":"POST","path":"/Groups","bulkId":"b%d","data":{"displayName":"g%d","members":[{"value":"bulkId:b%d"}]}}`, i, i, (i+1)%len(operations))
	}
	body := []byte(`{"Operations":[` + strings.Join(operations, ",") + `]}`)
	for b.Loop() {
		request, err := ParseBulk(body, 1000)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := request.Order(); err != nil {
			b.Fatal(err)
		}
	}
}
