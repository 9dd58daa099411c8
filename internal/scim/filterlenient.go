package scim

// ParseFilterLenient reads a filter like [ParseFilter] and takes two things
// more that Microsoft Entra ID sends or shows in its documentation
// (learn.microsoft.com/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups):
//
//   - values without quotation marks: externalId eq jyoung, meta.created gt 2015-10-10T14:38:21Z;
//   - a comparison after a value path: emails[type eq "work"].value eq "x",
//     which is read as emails[type eq "work" and value eq "x"].
//
// The result is a filter of the standard's grammar.
func ParseFilterLenient(text string) (Filter, error) { return parseFilter(text, true) }

// comparisonAfterValuePath reads ".sub operator value" after "]".
func (p *filterParser) comparisonAfterValuePath(path AttributePath, inner Filter) (Filter, error) {
	sub := p.token.text[1:]
	if !isAttributeName(sub) {
		return nil, p.expected(`the name of a sub-attribute after "]."`)
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	compared, err := p.comparison(AttributePath{Name: sub})
	if err != nil {
		return nil, err
	}
	return &ValueFilter{Path: path, Filter: &And{inner, compared}}, nil
}
