package web

import (
	"errors"

	"github.com/tocsin-project/tocsin/internal/problem"
)

func asProblem(err error) (*problem.Error, bool) {
	return errors.AsType[*problem.Error](err)
}
