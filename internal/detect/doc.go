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
// Process is called by one goroutine, in journal order. Reload, Report and
// LongestWindow may be called from any.
package detect
