package scim

// URNs of the schemas and messages (RFC 7643, section 10.3, and RFC 7644,
// section 8.2).
const (
	UserSchema                  = "urn:ietf:params:scim:schemas:core:2.0:User"
	GroupSchema                 = "urn:ietf:params:scim:schemas:core:2.0:Group"
	EnterpriseUserSchema        = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	ServiceProviderConfigSchema = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
	ResourceTypeSchema          = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
	SchemaSchema                = "urn:ietf:params:scim:schemas:core:2.0:Schema"
	ListResponseSchema          = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	SearchRequestSchema         = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
	PatchOpSchema               = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	BulkRequestSchema           = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	BulkResponseSchema          = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
	ErrorSchema                 = "urn:ietf:params:scim:api:messages:2.0:Error"
)

// UserType is a new resource type User with the enterprise extension (RFC 7643,
// sections 4.1 and 4.3).
func UserType() *ResourceType {
	return &ResourceType{
		Name:        "User",
		Endpoint:    "/Users",
		Description: "A person with an account",
		Schema:      userSchema(),
		Extensions:  []Extension{{Schema: enterpriseUserSchema()}},
		Unique:      "userName",
	}
}

// userSchema has the attributes and characteristics of RFC 7643, section 8.7.1,
// and "primary" of addresses, which the RFC's own example of a user carries.
func userSchema() *Schema {
	return &Schema{
		ID:          UserSchema,
		Name:        "User",
		Description: "A person with an account",
		Attributes: []Attribute{
			{Name: "userName", Type: String, Required: true, Uniqueness: UniqueServer, Description: "The name the user signs in with, unique among users"},
			{Name: "name", Type: Complex, Description: "The parts of the user's name", SubAttributes: []Attribute{
				text("formatted", "The whole name, for display"),
				text("familyName", "The family name"),
				text("givenName", "The given name"),
				text("middleName", "The middle names"),
				text("honorificPrefix", "The title before the name"),
				text("honorificSuffix", "The suffix after the name"),
			}},
			text("displayName", "The name to show"),
			text("nickName", "The name the user goes by"),
			{Name: "profileUrl", Type: Reference, ReferenceTypes: []string{"external"}, Description: "A page about the user"},
			text("title", "The job title"),
			text("userType", "How the user belongs to the organisation, such as Employee or Contractor"),
			text("preferredLanguage", "The preferred language, as in an Accept-Language header"),
			text("locale", "The locale for currency, dates and numbers"),
			text("timezone", "The time zone, by its name in the tz database"),
			{Name: "active", Type: Boolean, Description: "Whether the user may use the account"},
			{Name: "password", Type: String, Mutability: WriteOnly, Returned: ReturnedNever, Description: "Accepted and dropped: passwords are not kept"},
			several("emails", "E-mail addresses", text("value", "The address"), "work", "home", "other"),
			several("phoneNumbers", "Telephone numbers", text("value", "The number"), "work", "home", "mobile", "fax", "pager", "other"),
			several("ims", "Instant messaging addresses", text("value", "The address"), "aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"),
			several("photos", "Pictures of the user", Attribute{Name: "value", Type: Reference, ReferenceTypes: []string{"external"}, Description: "Where the picture is"}, "photo", "thumbnail"),
			{Name: "addresses", Type: Complex, MultiValued: true, Description: "Postal addresses", SubAttributes: []Attribute{
				text("formatted", "The whole address, for display"),
				text("streetAddress", "Street, house number and the like"),
				text("locality", "The city"),
				text("region", "The state or region"),
				text("postalCode", "The postal code"),
				text("country", "The country"),
				{Name: "type", Type: String, CanonicalValues: []string{"work", "home", "other"}, Description: "What the address is for"},
				primary(),
			}},
			{Name: "groups", Type: Complex, MultiValued: true, Mutability: ReadOnly, Description: "The groups the user is in", SubAttributes: []Attribute{
				{Name: "value", Type: String, Mutability: ReadOnly, Description: "The group's id"},
				{Name: "$ref", Type: Reference, ReferenceTypes: []string{"User", "Group"}, Mutability: ReadOnly, Description: "The group's URI"},
				{Name: "display", Type: String, Mutability: ReadOnly, Description: "The group's name"},
				{Name: "type", Type: String, CanonicalValues: []string{"direct", "indirect"}, Mutability: ReadOnly, Description: "How the user is in the group"},
			}},
			several("entitlements", "What the user is entitled to", text("value", "The entitlement")),
			several("roles", "The user's roles", text("value", "The role"), []string{}...),
			several("x509Certificates", "The user's certificates", Attribute{Name: "value", Type: Binary, Description: "The certificate in DER, as base64"}, []string{}...),
		},
	}
}

// text is an ordinary string.
func text(name, description string) Attribute {
	return Attribute{Name: name, Type: String, Description: description}
}

func primary() Attribute {
	return Attribute{Name: "primary", Type: Boolean, Description: "Whether this is the preferred one; at most one is"}
}

// several is a multi-valued attribute with the usual sub-attributes (RFC 7643,
// section 2.4). Types are the canonical ones; the RFC tells none (nil) from an
// empty list.
func several(name, description string, value Attribute, types ...string) Attribute {
	return Attribute{Name: name, Type: Complex, MultiValued: true, Description: description, SubAttributes: []Attribute{
		value,
		text("display", "A name to show"),
		{Name: "type", Type: String, CanonicalValues: types, Description: "What this one is for"},
		primary(),
	}}
}
