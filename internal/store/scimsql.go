package store

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strings"
	"time"
)

// list is a table "j" with a column "value" over the elements of a JSON array
// that is the statement's next value: one text for lists of any length, and one
// parameter, where the SQLite driver finds each of many by walking them all.
func (d dialect) list() string {
	if d == postgres {
		return "json_array_elements_text(CAST(? AS json)) AS j(value)"
	}
	return "json_each(?) AS j"
}

// table is list for an array of arrays: j.value ->> 0 is a row's first field.
func (d dialect) table() string {
	if d == postgres {
		return "json_array_elements(CAST(? AS json)) AS j(value)"
	}
	return "json_each(?) AS j"
}

// contains is the condition that a text has the statement's next value in it.
func (d dialect) contains(text string) string {
	if d == postgres {
		return "strpos(" + text + ", ?) > 0"
	}
	return "instr(" + text + ", ?) > 0"
}

// forKeyShare keeps the rows of a table from being deleted or renamed until
// the transaction ends.
func (d dialect) forKeyShare(alias string) string {
	if d == postgres {
		return " FOR KEY SHARE OF " + alias
	}
	return ""
}

// asJSON is a list for list or table.
func asJSON(list any) (string, error) {
	text, err := json.Marshal(list)
	if err != nil {
		return "", fmt.Errorf("write list: %w", err)
	}
	if string(text) == "null" { // a slice that is nil
		return "[]", nil
	}
	return string(text), nil
}

// storable is a text that both databases keep: PostgreSQL refuses the zero byte
// and what is not UTF-8.
func storable(text string) string {
	if strings.IndexByte(text, 0) >= 0 {
		text = strings.ReplaceAll(text, "\x00", "\uFFFD")
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// newScimID is a UUID of version 7 (RFC 9562): those made one after another are
// neighbours in every index, so that writing them touches few pages. 62 random
// bits and more make it no easier to guess.
func newScimID(now time.Time) string {
	var b [16]byte
	rand.Read(b[6:]) // never fails: it ends the program instead
	ms := now.UnixMilli()
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	b[6] = b[6]&0x0f | 0x70
	b[8] = b[8]&0x3f | 0x80
	var text [36]byte
	hex.Encode(text[:8], b[:4])
	hex.Encode(text[9:13], b[4:6])
	hex.Encode(text[14:18], b[6:8])
	hex.Encode(text[19:23], b[8:10])
	hex.Encode(text[24:], b[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}

// ScimShard is the shard that an object's changes are made in.
func ScimShard(scimID string) int {
	h := fnv.New32a()
	h.Write([]byte(scimID)) // never fails
	return int(h.Sum32() % ScimShards)
}
