// Package evtx reads Windows event log files (EVTX 3.1 and 3.2): chunks of
// 64 KiB, each of which can be read by itself, with records in binary XML
// (MS-EVEN6 §2.2.12 and its grammar; the layout on disk after libevtx's
// description).
//
// Records are given as named values, not as XML. A record's template is
// compiled once a chunk into the list of names and places that it fills.
// Names are those of Sigma: System's attributes joined by '_'
// (Provider_Name), EventData's by their Name without spaces, UserData's below
// its one wrapper.
//
// Everything in a file may be wrong: each offset and length is checked, and
// what cannot be read is an error of that record alone. A torn chunk gives the
// records that are whole. Checksums are not verified: of a damaged file as
// much as possible is wanted.
//
// Limits: 64 nested elements, 8 nested fragments, 4,096 values and 10,000
// names a record.
package evtx
