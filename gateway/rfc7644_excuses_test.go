package gateway_test

// rfc7644Excuses are the statements of RFC 7644 without a test here.
func rfc7644Excuses() []excuse {
	return []excuse{
		{"1.2", "are to be interpreted as described", "says how to read the text"},
		{"2", "SHOULD NOT be used, unless", "tokens are made by an administrator, never by a request"},
		{"2", "SHOULD combine the use of basic authentication with other factors", "is off unless the administrator turns it on, and its password is a random token"},
		{"2.1", "SHOULD consider the type of authorization granted", "no OAuth grants are accepted: a token is one connection's"},
		{"2.1", "MUST take into account", "no OAuth grants are accepted; expiry, revocation and limits are tested by the gateway"},
		{"3.1", "a SCIM client SHOULD NOT expect", clientsOnly},
		{"3.2", "clients SHOULD discover resource endpoints", clientsOnly},
		{"3.4.2.1", "SHALL reject the request by returning an HTTP response with HTTP status code 400", "no result is too large: results come in pages"},
		{"3.4.2.4", "clients MUST be prepared to handle inconsistent results", clientsOnly},
		{"3.5.2", `MUST contain the "schemas" attribute with the URI value`, "binds clients; a PATCH without it is understood, as some send none"},
		{"3.7", "otherwise, an appropriate HTTP error code MUST be returned", "is tested with 3.7.4 and with requests that are no bulk requests"},
		{"3.8", "Clients using other encodings MUST", clientsOnly},
		{"3.10", "SHOULD fully qualify extended attributes", clientsOnly},
		{"3.11", "MUST be the permanent location of the aliased resource", "/Me is not served"},
		{"3.12", "SHOULD NOT use the location", "binds clients, and nothing is redirected"},
		{"3.12", "SHOULD use the location", "binds clients, and nothing is redirected"},
		{"3.13", "SHOULD perform the operation using the most recent", "the version is always in the path: there is no endpoint without it"},
		{"7.1", "a SCIM client MUST NOT generate", clientsOnly},
		{"7.2", "MUST require the use of a transport-layer security mechanism", "TLS is from files or in front; plain HTTP beyond this machine is warned of by the configuration's tests"},
		{"7.2", "MUST support TLS 1.2", "is tested by the gateway, with its certificates"},
		{"7.2", "the client MUST perform a TLS/SSL server identity check", clientsOnly},
		{"7.3", "implementers MUST take into account threats", "no OAuth grants are accepted; expiry, revocation and limits are tested by the gateway"},
		{"7.4", "MUST be exchanged using TLS", "TLS is from files or in front; plain HTTP beyond this machine is warned of by the configuration's tests"},
		{"7.4", "Bearer tokens MUST have a limited lifetime", "TestTokensEnd"},
		{"7.4", "an HTTP cookie SHOULD last no longer", "there are no cookies"},
		{"7.5.1", "MUST be considered", "says what to read"},
		{"7.5.2", "SHOULD give consideration to the information content", clientsOnly},
		{"7.5.2", "clients SHOULD query using HTTP POST", clientsOnly},
		{"7.7", "Administrators should undertake", "binds administrators"},
		{"7.7", "administrators SHOULD take countermeasures", "binds administrators; failed logins are limited, which the gateway tests"},
		{"7.7", "SHOULD define an access control model", "a token is one connection's and shows nothing of another: tested with section 2"},
	}
}
