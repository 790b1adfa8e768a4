// Package config reads the configuration file: flat YAML, one setting a line, every setting optional. Its keys are
// those of Web Call Server where that has them. The commented template, callcast.yaml beside this file, is the manual
// of the settings and their defaults at once.
//
// The package turns text into a gateway.Config and nothing else: it starts nothing, reads no environment and keeps no
// state. Load may be called from any goroutine.
package config
