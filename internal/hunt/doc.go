// Package hunt matches Sigma rules against files of logs, without a server.
//
// Files are cut into blocks by one goroutine and matched by several; hits come
// out in the order of files and records, whatever the number of goroutines.
// Correlations and rules of the unusual see the hits of their rules in order
// of event time, as far as ReorderLimit hits reach; what comes later than that
// and cannot be counted any more is in the Summary.
//
// Memory is bounded by the number of blocks in flight and ReorderLimit. A
// record that cannot be read is counted and passed over; a file that cannot be
// read on is named in the Summary, and the hunt goes on with the next.
package hunt
