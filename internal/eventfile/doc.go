// Package eventfile reads logs from files, for hunting in what was recorded
// before or elsewhere: JSON (a record a line, a document of many, or a list),
// EVTX, Windows events in XML, Zeek's tab-separated logs, auditd, and lines of syslog or web servers;
// plain, .gz, .zst or in a .zip.
//
// Read cuts a file into Blocks of whole records; a Decoder reads their records
// into sigma.Records with the class of rules that can apply. A record that
// cannot be read is an error of its own and never ends the file; memory does
// not grow with the file. Blocks may be decoded by several goroutines, each
// with a Decoder of its own.
//
// Limits: a record of over 16 MiB is passed over, JSON nested more than 64
// deep is refused, of a list 1,000 members count.
package eventfile
