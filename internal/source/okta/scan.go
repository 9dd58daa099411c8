package okta

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// scanner reads the few attributes that are needed of large lists. A page of
// 200 users is 300 KB, of which less than a tenth is wanted, and a member is a
// full user of which only the id is: encoding/json takes five times as long,
// most of it to look at what is skipped.
//
// What is skipped is checked for its brackets and strings only; a body that was
// cut, or that has something behind it, is always an error.
type scanner struct {
	text []byte
	at   int
}

var errSyntax = errors.New("malformed JSON")

// next skips white space and returns the next byte, 0 at the end.
func (s *scanner) next() byte {
	for ; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; c {
		case ' ', '\n', '\r', '\t':
		default:
			return c
		}
	}
	return 0
}

// take consumes one byte that must come next.
func (s *scanner) take(c byte) error {
	if s.next() != c {
		return errSyntax
	}
	s.at++
	return nil
}

// sequence reads what is between brackets, item by item.
func (s *scanner) sequence(open, closing byte, item func() error) error {
	if err := s.take(open); err != nil {
		return err
	}
	if s.next() == closing {
		s.at++
		return nil
	}
	for {
		if err := item(); err != nil {
			return err
		}
		switch s.next() {
		case ',':
			s.at++
		case closing:
			s.at++
			return nil
		default:
			return errSyntax
		}
	}
}

// object reads an object; member must consume the value of each key. Null has
// no members.
func (s *scanner) object(member func(key []byte) error) error {
	if s.next() == 'n' {
		return s.null()
	}
	return s.sequence('{', '}', func() error {
		key, err := s.quoted()
		if err != nil {
			return err
		}
		if err := s.take(':'); err != nil {
			return err
		}
		return member(key[1 : len(key)-1])
	})
}

// quoted reads a string with its quotes, as it is written.
func (s *scanner) quoted() ([]byte, error) {
	if s.next() != '"' {
		return nil, errSyntax
	}
	for end := s.at + 1; ; end++ {
		offset := bytes.IndexByte(s.text[end:], '"')
		if offset < 0 {
			return nil, errSyntax
		}
		end += offset
		slashes := end - 1
		for s.text[slashes] == '\\' {
			slashes--
		}
		if (end-slashes)%2 == 1 { // an even number of backslashes: the quote is not escaped
			text := s.text[s.at : end+1]
			s.at = end + 1
			return text, nil
		}
	}
}

// string reads a string, or null as "".
func (s *scanner) string() (string, error) {
	if s.next() == 'n' {
		return "", s.null()
	}
	quoted, err := s.quoted()
	if err != nil {
		return "", err
	}
	if bytes.IndexByte(quoted, '\\') < 0 && utf8.Valid(quoted) {
		return string(quoted[1 : len(quoted)-1]), nil
	}
	var text string
	if err := json.Unmarshal(quoted, &text); err != nil {
		return "", fmt.Errorf("%w in a string", errSyntax)
	}
	return text, nil
}

// time reads a time as RFC 3339 writes it, or null as the zero time.
func (s *scanner) time() (time.Time, error) {
	text, err := s.string()
	if err != nil || text == "" {
		return time.Time{}, err
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%w in a time", errSyntax)
	}
	return t, nil
}

func (s *scanner) null() error {
	s.next()
	if !bytes.HasPrefix(s.text[s.at:], []byte("null")) {
		return errSyntax
	}
	s.at += len("null")
	return nil
}

// mostDepth is how deep the brackets of a skipped value may go.
const mostDepth = 64

// skip consumes one value of any kind.
func (s *scanner) skip() error {
	var open [mostDepth]byte
	depth := 0
	for {
		switch c := s.next(); c {
		case '{', '[':
			if depth == mostDepth {
				return errSyntax
			}
			open[depth] = c + 2 // in ASCII each bracket closes two after it opens
			depth++
			s.at++
			continue
		case '}', ']':
			if depth == 0 || open[depth-1] != c {
				return errSyntax
			}
			depth--
			s.at++
		case '"':
			if _, err := s.quoted(); err != nil {
				return err
			}
		case ',', ':':
			if depth == 0 {
				return errSyntax
			}
			s.at++
			continue
		default:
			if err := s.literal(); err != nil {
				return err
			}
		}
		if depth == 0 {
			return nil
		}
	}
}

// literal consumes a number, true, false or null.
func (s *scanner) literal() error {
	start := s.at
	for ; s.at < len(s.text); s.at++ {
		c := s.text[s.at]
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && c != '-' && c != '+' && c != '.' && c != 'E' {
			break
		}
	}
	if s.at == start {
		return errSyntax
	}
	return nil
}

// scanList reads a whole body that is a list.
func scanList[T any](body []byte, scan func(*T, *scanner) error) ([]T, error) {
	s := &scanner{text: body}
	items := []T{}
	err := s.sequence('[', ']', func() error {
		var item T
		if err := scan(&item, s); err != nil {
			return err
		}
		items = append(items, item)
		return nil
	})
	if err == nil && s.next() != 0 {
		err = errSyntax
	}
	return items, err
}

func (r *idRecord) scan(s *scanner) error {
	return s.object(func(key []byte) (err error) {
		if string(key) != "id" {
			return s.skip()
		}
		r.ID, err = s.string()
		return err
	})
}

func (r *userRecord) scan(s *scanner) error {
	return s.object(func(key []byte) (err error) {
		switch string(key) {
		case "id":
			r.ID, err = s.string()
		case "status":
			r.Status, err = s.string()
		case "lastUpdated":
			r.LastUpdated, err = s.time()
		case "profile":
			s.next()
			start := s.at
			err = s.object(func(key []byte) error { return r.scanProfile(s, key) })
			r.Profile.Text = s.text[start:s.at:s.at]
		default:
			err = s.skip()
		}
		return err
	})
}

func (r *userRecord) scanProfile(s *scanner, key []byte) (err error) {
	switch p := &r.Profile; string(key) {
	case "login":
		p.Login, err = s.string()
	case "email":
		p.Email, err = s.string()
	case "firstName":
		p.FirstName, err = s.string()
	case "lastName":
		p.LastName, err = s.string()
	case "displayName":
		p.DisplayName, err = s.string()
	default:
		err = s.skip()
	}
	return err
}

func (r *appUserRecord) scan(s *scanner) error {
	return s.object(func(key []byte) (err error) {
		switch string(key) {
		case "id":
			r.ID, err = s.string()
		case "status":
			r.Status, err = s.string()
		case "_embedded":
			err = s.object(func(key []byte) error {
				if string(key) != "user" || s.next() == 'n' {
					return s.skip()
				}
				r.Embedded.User = &userRecord{}
				return r.Embedded.User.scan(s)
			})
		default:
			err = s.skip()
		}
		return err
	})
}
