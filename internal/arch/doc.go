// Package arch holds the rules of the architecture by tests: which package may
// import which, where SQL stands, who opens sockets, how packages are named and
// documented, and the versions of the engines. It has no code of its own.
package arch
