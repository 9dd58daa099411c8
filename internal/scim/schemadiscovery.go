package scim

// discoverySchemas are those of the documents that describe the service itself
// (RFC 7643, section 8.7.2), with what that section leaves out and section 5 or
// RFC 9865 define: etag, the type of an authentication scheme, pagination.
func discoverySchemas() []*Schema {
	return []*Schema{serviceProviderConfigSchema(), resourceTypeSchema(), schemaSchema()}
}

func serviceProviderConfigSchema() *Schema {
	supported := fixed("supported", Boolean, true, "Whether it is supported")
	option := func(name, description string, more ...Attribute) Attribute {
		a := fixed(name, Complex, true, description)
		a.SubAttributes = append([]Attribute{supported}, more...)
		return a
	}
	schemes := fixed("authenticationSchemes", Complex, true, "How clients may authenticate")
	schemes.MultiValued = true
	schemes.SubAttributes = []Attribute{
		canonical(fixed("type", String, true, "The kind of scheme"), "oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"),
		fixed("name", String, true, "The scheme's name"),
		fixed("description", String, true, "What a client does"),
		refers(fixed("specUri", Reference, false, "Where the scheme is specified"), "external"),
		refers(fixed("documentationUri", Reference, false, "Where its use is explained"), "external"),
		fixed("primary", Boolean, false, "Whether this is the preferred scheme"),
	}
	pagination := fixed("pagination", Complex, false, "How lists are paged")
	pagination.SubAttributes = []Attribute{
		fixed("cursor", Boolean, true, "Whether paging by cursor is supported"),
		fixed("index", Boolean, true, "Whether paging by index is supported"),
		canonical(fixed("defaultPaginationMethod", String, false, "How a list is paged when the client does not say"), "cursor", "index"),
		fixed("defaultPageSize", Integer, false, "How many resources a page has when the client does not say"),
		fixed("maxPageSize", Integer, false, "How many resources a page has at most"),
		fixed("cursorTimeout", Integer, false, "How many seconds a cursor is good for at least"),
	}
	return &Schema{
		ID:          ServiceProviderConfigSchema,
		Name:        "Service Provider Configuration",
		Description: "What the service provider supports",
		Attributes: []Attribute{
			refers(fixed("documentationUri", Reference, false, "Where the service is explained"), "external"),
			option("patch", "PATCH"),
			option("bulk", "Bulk requests",
				fixed("maxOperations", Integer, true, "How many operations a request may have"),
				fixed("maxPayloadSize", Integer, true, "How large a request may be, in bytes")),
			option("filter", "Filters", fixed("maxResults", Integer, true, "How many resources an answer has at most")),
			option("changePassword", "Changing passwords"),
			option("sort", "Sorting"),
			option("etag", "Versions of resources"),
			schemes,
			pagination,
		},
	}
}

func resourceTypeSchema() *Schema {
	extensions := fixed("schemaExtensions", Complex, true, "The extensions of the type")
	extensions.SubAttributes = []Attribute{
		exact(refers(fixed("schema", Reference, true, "The extension's URI"), "uri")),
		fixed("required", Boolean, true, "Whether every resource of the type has it"),
	}
	extensions.MultiValued = true // which section 6 says and section 8.7.2 forgot
	return &Schema{
		ID:          ResourceTypeSchema,
		Name:        "ResourceType",
		Description: "A kind of resource and where it is served",
		Attributes: []Attribute{
			fixed("id", String, false, "The type's name"),
			fixed("name", String, true, "The type's name"),
			fixed("description", String, false, "What the type is"),
			refers(fixed("endpoint", Reference, true, "Where it is served, relative to the base"), "uri"),
			exact(refers(fixed("schema", Reference, true, "The URI of its schema"), "uri")),
			extensions,
		},
	}
}

func schemaSchema() *Schema {
	attributes := fixed("attributes", Complex, true, "The attributes that the schema defines")
	attributes.MultiValued = true
	subs := fixed("subAttributes", Complex, false, "The sub-attributes of a complex attribute")
	subs.MultiValued = true
	subs.SubAttributes = characteristics()
	attributes.SubAttributes = append(characteristics(), subs)
	return &Schema{
		ID:          SchemaSchema,
		Name:        "Schema",
		Description: "A set of attributes under a URI",
		Attributes: []Attribute{
			fixed("id", String, true, "The schema's URI"),
			fixed("name", String, true, "The schema's name"),
			fixed("description", String, false, "What the schema is for"),
			attributes,
		},
	}
}

// characteristics are what an attribute is described by (RFC 7643, section 7).
func characteristics() []Attribute {
	canonicalValues := exact(fixed("canonicalValues", String, false, "Values that are usual"))
	canonicalValues.MultiValued = true
	referenceTypes := exact(fixed("referenceTypes", String, false, "What a reference may refer to"))
	referenceTypes.MultiValued = true
	return []Attribute{
		exact(fixed("name", String, true, "The attribute's name")),
		canonical(fixed("type", String, true, "The type of its values"), "string", "complex", "boolean", "decimal", "integer", "dateTime", "reference", "binary"),
		fixed("multiValued", Boolean, true, "Whether it has several values"),
		exact(fixed("description", String, false, "What it means")),
		fixed("required", Boolean, false, "Whether it must have a value"),
		canonicalValues,
		fixed("caseExact", Boolean, false, "Whether case makes a difference"),
		canonical(exact(fixed("mutability", String, false, "When it may be written")), "readOnly", "readWrite", "immutable", "writeOnly"),
		canonical(exact(fixed("returned", String, false, "When it is in an answer")), "always", "never", "default", "request"),
		canonical(exact(fixed("uniqueness", String, false, "Among which resources a value is unique")), "none", "server", "global"),
		referenceTypes,
	}
}

// fixed is an attribute that clients cannot write.
func fixed(name string, kind Type, required bool, description string) Attribute {
	return Attribute{Name: name, Type: kind, Required: required, Mutability: ReadOnly, Description: description}
}

func exact(a Attribute) Attribute {
	a.CaseExact = true
	return a
}

func canonical(a Attribute, values ...string) Attribute {
	a.CanonicalValues = values
	return a
}

func refers(a Attribute, to ...string) Attribute {
	a.ReferenceTypes = to
	return a
}
