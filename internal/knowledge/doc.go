// Package knowledge keeps what was learned: an article for a solved case, full
// text search over articles, and the articles that resemble a case at hand.
//
// Articles are versioned: a change names the version it was made on, every
// version is kept, and each change appends its entry to the record in the same
// transaction. Articles from exercises are kept apart: a real case is never
// offered one, and lists and searches show them only to that exercise.
//
// Search takes any words: nothing that a person types is query syntax. All
// words must occur, the last one may be the beginning of a word, and English
// endings do not matter. Accents count on PostgreSQL and not on SQLite.
//
// Limits: similarity looks at a bounded number of candidates (see similar.go)
// and knows nothing of need to know: the caller drops matches whose case its
// reader may not see.
package knowledge
