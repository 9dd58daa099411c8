package scim

// enterpriseUserSchema is the extension of RFC 7643, section 4.3.
func enterpriseUserSchema() *Schema {
	return &Schema{
		ID:          EnterpriseUserSchema,
		Name:        "EnterpriseUser",
		Description: "What an organisation knows of a user",
		Attributes: []Attribute{
			text("employeeNumber", "The number the organisation gave the user"),
			text("costCenter", "The cost centre"),
			text("organization", "The organisation"),
			text("division", "The division"),
			text("department", "The department"),
			{Name: "manager", Type: Complex, Description: "The user's manager", SubAttributes: []Attribute{
				text("value", "The manager's id"),
				{Name: "$ref", Type: Reference, ReferenceTypes: []string{"User"}, Description: "The manager's URI"},
				{Name: "displayName", Type: String, Mutability: ReadOnly, Description: "The manager's name"},
			}},
		},
	}
}
