// Package sigma reads, validates and evaluates Sigma detection rules and
// correlations as the Sigma specification 2.1.0 defines them
// (https://github.com/SigmaHQ/sigma-specification).
//
// Parse reads a file of one or many YAML documents. What is wrong with one
// document is an Error with file, line, column and reason, and never keeps the
// others from loading. A parsed Rule is immutable and safe for concurrent use;
// Match walks its condition as a plain tree, so that what it does can be read
// off the rule. It is the reference for every faster matcher.
//
// Correlator holds the sliding windows of event_count, value_count, temporal
// and temporal_ordered correlations: exact by event time, bounded in memory.
//
// Limits: regular expressions are RE2 (no look-around, no back-references);
// filters, value_sum, value_avg, value_percentile, value_median and extended
// temporal conditions are rejected by name. Letters are compared without case
// rune by rune; an ASCII letter equals ASCII letters only.
package sigma
