package gateway_test

// rfc7643Excuses are the statements of RFC 7643 without a test here.
func rfc7643Excuses() []excuse {
	return []excuse{
		{"1.1", "are to be interpreted as described", "says how to read the text"},
		{"1.1", "the quotes MUST NOT be used as part of the value", "says how to read the text"},
		{"2.4", "SHOULD canonicalize the value returned", asSent},
		{"3.1", "SHALL take precedence over older definitions", "there are no older definitions here"},
		{"3.1", "MUST always interpret the externalId as scoped", "TestConnectionsAreApart"},
		{"4.1.1", "they SHOULD be describing the same name", contentOfData},
		{"4.1.1", "The name SHOULD be the full name", contentOfData},
		{"4.1.1", "SHOULD be the primary textual label", contentOfData},
		{"4.1.1", "SHOULD NOT be used to represent a User's username", contentOfData},
		{"4.1.1", "the value SHOULD be hashed", "no password is held: TestASecretIsKeptNowhere"},
		{"4.1.1", "the cleartext password SHOULD be processed", "a password is checked and dropped: TestASecretIsKeptNowhere"},
		{"4.1.1", "MUST pass the value directly over a secured connection", "a password is passed on to nobody: TestASecretIsKeptNowhere"},
		{"4.1.1", "the value MUST be protected by some method", "a password is kept for no time: TestASecretIsKeptNowhere"},
		{"4.1.2", "The value SHOULD be specified according to", clientsOnly},
		{"4.1.2", "SHOULD canonicalize the value according to", asSent},
		{"4.1.2", "remove all whitespace and convert the address to lowercase", asSent},
		{"4.1.2", "SHOULD take one of the following values", "canonical values are suggestions, which clients extend (RFC 7643, section 7)"},
		{"4.1.2", "The value SHOULD be specified according to the format", clientsOnly},
		{"4.1.2", "The resource MUST be a file", "is about what is at a client's URI"},
		{"4.1.2", "SHOULD NOT be used to send down arbitrary photos", clientsOnly},
		{"4.1.2", `MUST be in ISO 3166-1 "alpha-2"`, "identity providers push what their directory has, also names of countries; a refusal would lose the person"},
		{"4.1.2", "A single value MUST NOT contain multiple certificates", "a certificate is kept, not read"},
		{"5", "SHOULD, with the appropriate security considerations", "a connection says nothing to strangers; a 401 names the schemes in WWW-Authenticate"},
		{"8.7.1", "MUST", figureText},
		{"8.7.1", "SHOULD", figureText},
		{"8.7.2", "MUST", figureText},
		{"9.2", "password values MUST NOT be stored in cleartext form", "TestASecretIsKeptNowhere"},
		{"9.2", "Administrators should undertake", "binds administrators"},
		{"10.2.1", "MUST", authors},
		{"10.3.1", "MUST", authors},
		{"10.3.1", "SHOULD", authors},
	}
}
