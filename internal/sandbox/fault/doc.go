// Package fault makes a stand-in misbehave on demand, keeps its log of calls,
// and counts its rate limits. It knows nothing of any vendor: each stand-in
// wraps its router with an Engine and asks it what to do wrong.
package fault
