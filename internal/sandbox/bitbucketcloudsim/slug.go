package bitbucketcloudsim

import "strings"

// unaccented are letters that the service spells in ASCII.
var unaccented = strings.NewReplacer(
	"à", "a", "á", "a", "â", "a", "ä", "a", "å", "a", "ç", "c", "è", "e", "é", "e", "ê", "e", "ë", "e", "í", "i", "î", "i", "ï", "i",
	"ñ", "n", "ó", "o", "ô", "o", "ö", "o", "ø", "o", "ú", "u", "û", "u", "ü", "u", "ß", "ss",
)

// slugOf is "an identifier constructed by the service": lower case, ASCII, with
// a dash for whatever is in between.
func slugOf(name string) string {
	plain := unaccented.Replace(strings.ToLower(name))
	return strings.Join(strings.FieldsFunc(plain, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' && r != '.'
	}), "-")
}
