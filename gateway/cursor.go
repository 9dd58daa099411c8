package gateway

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/scim"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// cursorTimeout is how long the next page may be asked for, as it is published.
const cursorTimeout = 10 * time.Minute

// A cursor says where the page before ended. The value that is sorted by may
// be a person's name, and cursors stand in URLs, so it is encrypted, with a key
// that every gateway knows and nobody else: one made of the digest of the
// caller's token. It is bound to the query, so that another one does not
// accept it.

// sealCursor makes the cursor of the next page, in characters that need no
// escaping (RFC 9865, section 2).
func (c *call) sealCursor(q query, types []*resourceType, at store.ScimPosition) (string, error) {
	seal, err := c.cursorSeal()
	if err != nil {
		return "", err
	}
	plain := make([]byte, 0, 17+len(at.Key))
	plain = binary.BigEndian.AppendUint64(plain, uint64(c.started.Add(cursorTimeout).Unix()))
	plain = binary.BigEndian.AppendUint64(plain, uint64(at.ID))
	missing := byte(0)
	if at.Missing {
		missing = 1
	}
	plain = append(append(plain, missing), at.Key...)
	nonce := make([]byte, seal.NonceSize(), seal.NonceSize()+len(plain)+seal.Overhead())
	rand.Read(nonce)
	return base64.RawURLEncoding.EncodeToString(seal.Seal(nonce, nonce, plain, queryDigest(q, types))), nil
}

// openCursor reads a cursor. It is refused as invalidCursor when it is another
// query's or none at all, and as expiredCursor when it is too old.
func (c *call) openCursor(q query, types []*resourceType) (store.ScimPosition, error) {
	invalid := &scim.Error{Status: 400, ScimType: scim.InvalidCursor, Detail: "the cursor is not one of this query; begin again without a cursor's value"}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(q.cursor)
	if err != nil {
		return store.ScimPosition{}, invalid
	}
	seal, err := c.cursorSeal()
	if err != nil {
		return store.ScimPosition{}, err
	}
	if len(sealed) < seal.NonceSize() {
		return store.ScimPosition{}, invalid
	}
	plain, err := seal.Open(nil, sealed[:seal.NonceSize()], sealed[seal.NonceSize():], queryDigest(q, types))
	if err != nil || len(plain) < 17 {
		return store.ScimPosition{}, invalid
	}
	if expires := time.Unix(int64(binary.BigEndian.Uint64(plain)), 0); !c.started.Before(expires) {
		return store.ScimPosition{}, &scim.Error{Status: 400, ScimType: scim.ExpiredCursor, Detail: "the cursor is older than " + cursorTimeout.String() + "; begin again without a cursor's value"}
	}
	return store.ScimPosition{ID: int64(binary.BigEndian.Uint64(plain[8:])), Missing: plain[16] == 1, Key: string(plain[17:])}, nil
}

func (c *call) cursorSeal() (cipher.AEAD, error) {
	key := sha256.Sum256([]byte("rollcall scim cursor\x00" + c.door.name + "\x00" + c.digest))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, fmt.Errorf("make a cursor: %w", err)
	}
	seal, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("make a cursor: %w", err)
	}
	return seal, nil
}

// queryDigest identifies what must be the same on every page of a query. The
// length of a page may change.
func queryDigest(q query, types []*resourceType) []byte {
	h := sha256.New()
	for _, t := range types {
		add(h, t.Name)
	}
	for _, s := range []string{"", q.filter, q.sortBy, strings.ToLower(q.sortOrder), strings.Join(q.attributes, ","), strings.Join(q.excluded, ",")} {
		add(h, s)
	}
	return h.Sum(nil)
}

func add(h hash.Hash, s string) {
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(s)))
	h.Write(length[:])
	h.Write([]byte(s))
}
