#!/bin/sh
# Makes the namespace, in which closed workflows stay for a week. The server
# comes from TEMPORAL_ADDRESS.
set -eu

namespace=default
if temporal operator namespace describe --namespace "$namespace" >/dev/null 2>&1; then
	exit 0
fi
temporal operator namespace create --namespace "$namespace" --retention 7d
