package query

// Literal is a value for queries that are built and not read. It is not for
// fields of time, whose values have instants.
func Literal(text string) Value { return newValue(text) }
