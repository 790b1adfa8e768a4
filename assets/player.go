package assets

import (
	"embed"
	"io/fs"
)

//go:embed player/index.html player/player.js player/player.css
var player embed.FS

// Player is the page that plays a stream in a browser: index.html, player.js and player.css.
func Player() fs.FS {
	page, err := fs.Sub(player, "player")
	if err != nil {
		panic(err) // the directory is named above
	}
	return page
}
