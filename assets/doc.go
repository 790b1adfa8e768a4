// Package assets holds the files that are built into the program. It runs nothing.
package assets
