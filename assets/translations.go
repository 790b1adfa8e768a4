package assets

import "embed"

// Translations holds one catalogue for each language, translations/<language>.json, keyed by the English text.
//
//go:embed translations/*.json
var Translations embed.FS
