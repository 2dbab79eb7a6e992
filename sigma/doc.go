// Package sigma reads, validates and evaluates Sigma detection rules,
// correlations and filters as the Sigma specification 2.1.0 defines them
// (https://github.com/SigmaHQ/sigma-specification), and pySigma's processing
// pipelines.
//
// Parse reads a file of one or many YAML documents. What is wrong with one
// document is an Error with file, line, column and reason, and never keeps the
// others from loading; what is doubtful is a Warning of Lint. A parsed Rule is
// immutable and safe for concurrent use; Match walks its condition as a plain
// tree, so that what it does can be read off the rule. It is the reference for
// every faster matcher.
//
// NewMatcher compiles rules into a Matcher, which holds all of them against an
// event at a cost that hardly grows with their number. Events are put into a
// Record; Class picks the rules of their log sources; Match agrees with
// Rule.Match on every event.
//
// ApplyFilters narrows rules by filters. ParsePipeline reads a pipeline, and
// Options.Pipelines have rules changed by it before they are read.
//
// Correlator holds the state of correlations of every type: sliding windows,
// exact by event time, right for what comes late by one timespan, bounded in
// memory with what was dropped counted. Documents with the key "unusual" in
// place of "correlation" are this package's own: they learn what groups
// usually do. Snapshot and Restore keep all that over a restart.
//
// Limits: regular expressions are RE2 (no look-around, no back-references), of
// at most 10,000 instructions, and look at a bounded part of a text. Letters
// are compared without case rune by rune; an ASCII letter equals ASCII letters
// only. Times of events are believed: one far in the future makes what follows
// in its group late.
package sigma
