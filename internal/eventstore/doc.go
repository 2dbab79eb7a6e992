// Package eventstore keeps events: it takes them in journal order, makes them
// searchable within a second, seals them into immutable Parquet segments and
// searches both. It is the only package that imports DuckDB.
//
// Rows live in a table in memory (hot) until it is sealed: by rows, age or
// memory, it is written to one Parquet file a tenant and retention class, newest
// row first, and the files and the journal position that they reach go into the Catalogue in one
// transaction. The journal is the redo log of everything younger, so DuckDB has
// no part in crash consistency: on start rows above the catalogue's position
// are appended again, and files that the catalogue does not list are put aside.
//
// Segments are dropped for good (Drop) and moved to a tier outside of the data
// directory and back (Move, Restore), each by a change of the catalogue first; a
// file goes when the last search that may read it has ended. A segment that
// cannot be read is marked (Health), left out, and named by every search that it
// could have had a part in.
//
// Guarantees: a row is found once, whatever moment of a seal a search meets;
// appending a journal sequence again changes nothing; raw bytes come back as
// they came; every statement is bound to one tenant and its values are bound
// parameters. What a search cannot finish in its time is marked incomplete.
//
// Limits: memory is bounded by Options.Memory. Over it (the disk is full and
// nothing can be sealed), Append refuses with problem.Unavailable and loses
// nothing, as the journal keeps what was not taken. One process has a store
// open at a time (DuckDB locks a file in the directory that holds no data).
package eventstore
