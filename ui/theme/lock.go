package theme

import (
	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"
)

// lock is a padlock that is shut.
const lock = `<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24">
<path fill="#000" d="M5 10h14v11H5z M8 10V7a4 4 0 0 1 8 0v3h-2V7a2 2 0 0 0-4 0v3z"/></svg>`

// Lock is the sign of what is encrypted.
func Lock() fyne.Resource {
	return fynetheme.NewSuccessThemedResource(fyne.NewStaticResource("lock.svg", []byte(lock)))
}
