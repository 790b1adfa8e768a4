// Callcast puts a SIP call on air: a desktop console with a real-time gateway inside.
package main

import (
	"os"

	"callcast/app"
)

func main() { os.Exit(app.Main(os.Args[1:], os.Stdout, os.Stderr)) }
