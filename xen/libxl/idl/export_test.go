package idl

// AllTypes lets the external tests walk over every structure.
func AllTypes() []any { return allTypes() }
