// Command tocsin is the security event and incident management system.
package main

import (
	"os"

	"github.com/tocsin-project/tocsin/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr)) }
