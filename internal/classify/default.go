package classify

import (
	_ "embed"
	"fmt"
	"slices"
)

//go:embed default.yaml
var defaultPolicy []byte

// Default is the policy that Tocsin starts with.
func Default() *Policy {
	p, err := Load(defaultPolicy)
	if err != nil {
		panic(fmt.Sprintf("classify: the built-in policy is broken: %v", err)) // a programming error; a test loads it
	}
	return p
}

// DefaultYAML is the text of the default policy, for organisations to edit.
func DefaultYAML() []byte { return slices.Clone(defaultPolicy) }
