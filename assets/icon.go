package assets

import _ "embed" // for the icon

// Icon is the application's icon, a PNG.
//
//go:embed icon.png
var Icon []byte
