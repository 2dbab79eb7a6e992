// Package detect finds the events that deserve attention: it routes each event
// by its log sources to the Sigma rules that can apply, keeps the windows of
// correlations, and turns what matches into Hits.
//
// Guarantees: events of different tenants, or of an exercise and reality, never
// meet in a window or a fingerprint. A rule that cannot be loaded is reported
// with file, line and reason and costs no other. A rule that panics is
// disabled and reported. Memory is bounded, and what the bounds drop is counted.
// Fed the same events in the same order, it gives the same hits; after a
// restart, replaying LongestWindow of event time restores the windows.
//
// A rule may carry its own proposal for the classification policy, under the
// key tocsin; all parts are optional, and unknown ones are mistakes:
//
//	tocsin:
//	  type: intrusion-attempts/login-attempts  # RSIT class/type by name (its id is read too), or a local type
//	  impact: 2                                # 1..3
//	  urgency: 2                               # 1..3
//	  intent: suspected                        # malicious | suspected | accidental | none | unknown
//	  effect: {availability: confirmed}        # claimed | likely | confirmed; confirmed needs proof: true
//	  proof: true                              # the hit itself proves the effect
//	  dedup: [src.ip, host.name]               # default: host.name and user.name, or the group-by fields
//	  summary: "Failed logins on {host.name}"
//	  state: open                              # open | clear
//	  clears: <rule id>                        # with state: clear, whose alert ends; same dedup values
//
// Starter rules also carry test events, under the key tests.
//
// Process is called by one goroutine, in journal order. Reload, Report and
// LongestWindow may be called from any.
package detect
