package okta

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const scanned = ` [ {"id":"00u1","status":"ACTIVE","lastUpdated":"2026-01-05T09:00:00.000Z","n":-1.5E+3,"t":true,"z":null,
	"profile":{"login":"a\"b\\","email":"zo\u00eb@x.example","firstName":"Zoë","lastName":null,"displayName":"\ud83d\ude00 x","custom":["a,]}",{"b":[[]]}]},
	"_links":{"self":{"href":"https:\/\/x\\\\"}},"_embedded":{}},
	{"id":"00u2","status":"","lastUpdated":null,"profile":null,"_embedded":{"user":{"id":"00u2","profile":{"login":"l"}}}} ,{ } ] `

func scanUsers(body string) ([]userRecord, error) {
	return scanList([]byte(body), (*userRecord).scan)
}

func TestTheScannerReadsWhatEncodingJSONReads(t *testing.T) {
	t.Parallel()
	agree[userRecord](t, (*userRecord).scan)
	agree[idRecord](t, (*idRecord).scan)
	agree[appUserRecord](t, (*appUserRecord).scan)
}

func agree[T any](t *testing.T, scan func(*T, *scanner) error) {
	t.Helper()
	var want []T
	if err := json.Unmarshal([]byte(scanned), &want); err != nil {
		t.Fatal(err)
	}
	got, err := scanList([]byte(scanned), scan)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-encoding/json +scanner):\n%s", err, diff)
	}
}

func TestTheScannerRefusesEveryCut(t *testing.T) {
	t.Parallel()
	whole := strings.TrimRight(scanned, " ")
	for n := range len(whole) {
		if users, err := scanUsers(whole[:n]); err == nil {
			t.Errorf("the first %d of %d bytes were read as %d users", n, len(whole), len(users))
		}
	}
}

func TestTheScannerRefusesWhatIsNotAListOfObjects(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		``, `null`, `{}`, `"a"`, `1`, `[1]`, `["a"]`, `[[]]`, `[{}`, `[{},]`, `[{}]]`, `[{}] x`, `[{}{}]`, `[nul]`,
		`[{"id":1}]`, `[{"id"}]`, `[{"id":"a"]`, `[{"id":"a",}]`, `[{"x":[}]}]`, `[{"x":}]`, `[{"lastUpdated":"soon"}]`, `[{"profile":[]}]`,
		`[{"id":"\x"}]`, `[{"x":` + strings.Repeat("[", 65) + strings.Repeat("]", 65) + `}]`,
	} {
		if users, err := scanUsers(body); err == nil {
			t.Errorf("%.40s was read as %d users", body, len(users))
		}
	}
}
