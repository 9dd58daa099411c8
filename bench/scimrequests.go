package main

import (
	"fmt"
	"math/rand"
	"net/url"
	"strconv"
	"sync/atomic"
)

// requests makes the requests that are measured, as they go over the wire.
type requests struct {
	// base is the path of the connection, header what every request carries.
	base, header string
	// ids are the users that there are, by number.
	ids []string
	// made counts users and changes, so that each is another.
	made atomic.Int64
}

// at makes requests for a gateway at host:port.
func requestsAt(address, path, token string) *requests {
	return &requests{base: path, header: " HTTP/1.1\r\nHost: " + address + "\r\nUser-Agent: rollcall-bench\r\nAccept: application/scim+json\r\nAuthorization: Bearer " + token + "\r\n"}
}

func (r *requests) get(buffer []byte, path string) []byte {
	buffer = append(append(buffer, "GET "...), r.base...)
	buffer = append(append(buffer, path...), r.header...)
	return append(buffer, "\r\n"...)
}

func (r *requests) send(buffer []byte, method, path, body string) []byte {
	buffer = append(append(append(buffer, method...), ' '), r.base...)
	buffer = append(append(buffer, path...), r.header...)
	buffer = append(buffer, "Content-Type: application/scim+json; charset=utf-8\r\nContent-Length: "...)
	buffer = strconv.AppendInt(buffer, int64(len(body)), 10)
	return append(append(buffer, "\r\n\r\n"...), body...)
}

func userName(number int64) string {
	return fmt.Sprintf("person.number-%06d@people.example.com", number)
}

// userBody is a new user as Okta pushes one.
func userBody(number int64) string {
	name := userName(number)
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":%q,"name":{"givenName":"Person","familyName":"Number %d"},`+
		`"emails":[{"primary":true,"value":%q,"type":"work"}],"displayName":"Person Number %d","locale":"en-US","externalId":"00u%017d","groups":[],"password":"1mz050nq","active":true}`,
		name, number, name, number, number)
}

const patchBody = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[%s]}`

// loads are the operations that are the same request over and over.
func (r *requests) loads(users int) map[string]load {
	someone := func(rng *rand.Rand) (int64, string) {
		n := rng.Intn(users)
		return int64(n), r.ids[n]
	}
	return map[string]load{
		operationGet: {want: 200, next: func(rng *rand.Rand, buffer []byte) ([]byte, string) {
			_, id := someone(rng)
			return r.get(buffer, "/Users/"+id), id
		}},
		operationFilter: {want: 200, next: func(rng *rand.Rand, buffer []byte) ([]byte, string) {
			n, id := someone(rng)
			return r.get(buffer, "/Users?filter="+url.QueryEscape(fmt.Sprintf("userName eq %q", userName(n)))+"&startIndex=1&count=100"), id
		}},
		operationPage: {want: 200, next: func(rng *rand.Rand, buffer []byte) ([]byte, string) {
			page := rng.Intn(users / leastUsers)
			return r.get(buffer, fmt.Sprintf("/Users?startIndex=%d&count=%d", 1+page*leastUsers, leastUsers)), `"itemsPerPage":100`
		}},
		operationPatch: {want: 200, next: func(rng *rand.Rand, buffer []byte) ([]byte, string) {
			_, id := someone(rng)
			// Another connection may have changed the same user before the answer.
			changed := fmt.Sprintf(`{"op":"replace","path":"name.familyName","value":"Changed %d"}`, r.made.Add(1))
			return r.send(buffer, "PATCH", "/Users/"+id, fmt.Sprintf(patchBody, changed)), id
		}},
		operationPost: {want: 201, next: func(_ *rand.Rand, buffer []byte) ([]byte, string) {
			n := r.made.Add(1)
			return r.send(buffer, "POST", "/Users", userBody(n)), userName(n)
		}},
	}
}
