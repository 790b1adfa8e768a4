package theme

import (
	"image/color"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"
)

// Console is the theme of the operator console. It is dark whatever the desktop prefers: a control room is.
type Console struct{}

var _ fyne.Theme = Console{}

// ColorNamePanel is what groups of controls stand on.
const ColorNamePanel fyne.ThemeColorName = "callcastPanel"

// ColorNameScreen is behind a picture.
const ColorNameScreen fyne.ThemeColorName = "callcastScreen"

// ColorNameIdle is a lamp that is off.
const ColorNameIdle fyne.ThemeColorName = "callcastIdle"

// Color implements fyne.Theme.
func (Console) Color(name fyne.ThemeColorName, _ fyne.ThemeVariant) color.Color {
	if c, ok := surface(name); ok {
		return c
	}
	if c, ok := sign(name); ok {
		return c
	}
	return fynetheme.DefaultTheme().Color(name, fynetheme.VariantDark)
}

// surface is the colour of what things stand on.
func surface(name fyne.ThemeColorName) (color.Color, bool) {
	switch name {
	case fynetheme.ColorNameBackground:
		return color.NRGBA{0x14, 0x17, 0x1b, 0xff}, true
	case ColorNamePanel:
		return color.NRGBA{0x1c, 0x20, 0x26, 0xff}, true
	case ColorNameScreen:
		return color.NRGBA{0x05, 0x06, 0x07, 0xff}, true
	case ColorNameIdle:
		return color.NRGBA{0x3a, 0x41, 0x4b, 0xff}, true
	case fynetheme.ColorNameInputBackground:
		return color.NRGBA{0x27, 0x2c, 0x34, 0xff}, true
	case fynetheme.ColorNameInputBorder:
		return color.NRGBA{0x3a, 0x41, 0x4b, 0xff}, true
	case fynetheme.ColorNameButton:
		return color.NRGBA{0x2e, 0x35, 0x3f, 0xff}, true
	case fynetheme.ColorNameDisabledButton:
		return color.NRGBA{0x22, 0x27, 0x2d, 0xff}, true
	case fynetheme.ColorNameHeaderBackground, fynetheme.ColorNameMenuBackground, fynetheme.ColorNameOverlayBackground:
		return color.NRGBA{0x22, 0x27, 0x2e, 0xff}, true
	case fynetheme.ColorNameSeparator:
		return color.NRGBA{0x2b, 0x31, 0x39, 0xff}, true
	case fynetheme.ColorNameHover:
		return color.NRGBA{0xff, 0xff, 0xff, 0x10}, true
	}
	return nil, false
}

// sign is the colour of what is read: words, and lamps that mean something.
func sign(name fyne.ThemeColorName) (color.Color, bool) {
	switch name {
	case fynetheme.ColorNameForeground:
		return color.NRGBA{0xe4, 0xe8, 0xed, 0xff}, true
	case fynetheme.ColorNamePlaceHolder:
		return color.NRGBA{0x6c, 0x76, 0x83, 0xff}, true
	case fynetheme.ColorNameDisabled:
		return color.NRGBA{0x93, 0x9e, 0xab, 0xff}, true
	case fynetheme.ColorNamePrimary:
		return color.NRGBA{0x3d, 0x8b, 0xfd, 0xff}, true
	case fynetheme.ColorNameFocus:
		return color.NRGBA{0x3d, 0x8b, 0xfd, 0x80}, true
	case fynetheme.ColorNameSelection:
		return color.NRGBA{0x3d, 0x8b, 0xfd, 0x48}, true
	case fynetheme.ColorNameSuccess:
		return color.NRGBA{0x2f, 0xb3, 0x63, 0xff}, true
	case fynetheme.ColorNameWarning:
		return color.NRGBA{0xe6, 0xa2, 0x3c, 0xff}, true
	case fynetheme.ColorNameError:
		return color.NRGBA{0xf0, 0x5b, 0x5b, 0xff}, true
	case fynetheme.ColorNameForegroundOnPrimary, fynetheme.ColorNameForegroundOnError,
		fynetheme.ColorNameForegroundOnSuccess, fynetheme.ColorNameForegroundOnWarning:
		return color.NRGBA{0x0c, 0x0f, 0x12, 0xff}, true
	}
	return nil, false
}

// Font implements fyne.Theme.
func (Console) Font(style fyne.TextStyle) fyne.Resource { return fynetheme.DefaultTheme().Font(style) }

// Icon implements fyne.Theme.
func (Console) Icon(name fyne.ThemeIconName) fyne.Resource {
	return fynetheme.DefaultTheme().Icon(name)
}

// Size implements fyne.Theme. The form has to fit a window 700 high.
func (Console) Size(name fyne.ThemeSizeName) float32 {
	switch name {
	case fynetheme.SizeNameText:
		return 13
	case fynetheme.SizeNameCaptionText:
		return 11
	case fynetheme.SizeNameInnerPadding:
		return 6
	case fynetheme.SizeNameSubHeadingText:
		return 16
	case fynetheme.SizeNameHeadingText:
		return 22
	default:
		return fynetheme.DefaultTheme().Size(name)
	}
}

// Compact is Console for lists of facts, with less air between the lines.
type Compact struct{ Console }

// Size implements fyne.Theme.
func (c Compact) Size(name fyne.ThemeSizeName) float32 { return lessPadding(c.Console, name, 1) }

// Table is Console for tables, with room for more rows.
type Table struct{ Console }

// Size implements fyne.Theme.
func (t Table) Size(name fyne.ThemeSizeName) float32 { return lessPadding(t.Console, name, 3) }

func lessPadding(c Console, name fyne.ThemeSizeName, padding float32) float32 {
	if name == fynetheme.SizeNameInnerPadding {
		return padding
	}
	return c.Size(name)
}
