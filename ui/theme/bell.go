package theme

import (
	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"
)

const (
	bellBody  = `<path d="M12 3C8.5 3 6 5.7 6 9.5V15L4 17V18H20V17L18 15V9.5C18 5.7 15.5 3 12 3Z"/><path d="M9.5 19.5H14.5A2.5 2.5 0 0 1 9.5 19.5Z"/>`
	bellSlash = `<path d="M12 3C10.4 3 9 3.6 8 4.6L18 14.6V9.5C18 5.7 15.5 3 12 3ZM6.4 7.2C6.1 7.9 6 8.7 6 9.5V15L4 17V18H17.2ZM3.4 2.2L2.2 3.4L20.6 21.8L21.8 20.6Z"/><path d="M9.5 19.5H14.5A2.5 2.5 0 0 1 9.5 19.5Z"/>`
)

// Bell is the icon of a bell that is heard.
func Bell() fyne.Resource { return drawn("bell.svg", bellBody) }

// SilentBell is the icon of one that is silenced.
func SilentBell() fyne.Resource { return drawn("bell-silent.svg", bellSlash) }

// drawn is an icon in the colour of the text around it.
func drawn(name, paths string) fyne.Resource {
	text := `<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24">` + paths + `</svg>`
	return fynetheme.NewThemedResource(fyne.NewStaticResource(name, []byte(text)))
}
