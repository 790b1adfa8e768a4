package theme

import (
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	fynetest "fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"
	"github.com/stretchr/testify/require"
)

func TestEveryColourIsDefined(t *testing.T) {
	fynetest.AssertAllColorNamesDefined(t, Console{}, "console")
}

// WCAG 2 asks for a contrast of 4.5 for text.
func TestTextCanBeRead(t *testing.T) {
	fynetest.NewTempApp(t)
	pairs := [][2]fyne.ThemeColorName{
		{fynetheme.ColorNameForeground, fynetheme.ColorNameBackground},
		{fynetheme.ColorNameForeground, ColorNameIdle},
		{fynetheme.ColorNameForeground, fynetheme.ColorNameButton},
		{fynetheme.ColorNameDisabled, fynetheme.ColorNameBackground},
		{fynetheme.ColorNameError, fynetheme.ColorNameBackground},
		{fynetheme.ColorNameSuccess, fynetheme.ColorNameBackground},
		{fynetheme.ColorNameWarning, fynetheme.ColorNameBackground},
		{fynetheme.ColorNameForegroundOnError, fynetheme.ColorNameError},
		{fynetheme.ColorNameForegroundOnSuccess, fynetheme.ColorNameSuccess},
		{fynetheme.ColorNameForegroundOnWarning, fynetheme.ColorNameWarning},
		{fynetheme.ColorNameForegroundOnPrimary, fynetheme.ColorNamePrimary},
	}
	for _, p := range pairs {
		a, b := luminance(p[0]), luminance(p[1])
		require.Greater(t, (max(a, b)+0.05)/(min(a, b)+0.05), 4.5, "%s on %s", p[0], p[1])
	}
}

func luminance(name fyne.ThemeColorName) float64 {
	c := color.NRGBAModel.Convert(Console{}.Color(name, fynetheme.VariantDark)).(color.NRGBA)
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}
