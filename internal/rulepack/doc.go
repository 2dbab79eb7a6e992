// Package rulepack keeps which detection rules an organisation uses: packs of
// rules as directories with versions, rules that people made here, rules that
// are switched off, and filters with an end.
//
// Guarantees. An installed version never changes: it is written beside, synced
// and renamed, named by the hash of its files, and refused when another text
// has that name already. Author, licence and source of a pack, its licence
// files and each rule's own author stay with it. Every change is one
// transaction with its entry in the record. Archives are bounded in number,
// size, ratio and depth; a path that leads outside or a link is refused.
//
// Limits. A crash between an installation's files and its rows leaves a
// directory that nothing names; the same installation again takes it over.
// Loading what this package holds is the caller's matter: it gives file systems
// and texts, and parses only to say what a pack has.
package rulepack
