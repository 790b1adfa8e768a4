package app

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFlags(t *testing.T) {
	for line, want := range map[string]options{
		"":                          {},
		"--headless":                {headless: true},
		"--headless --demo":         {headless: true, demo: true},
		"--demo=false":              {},
		"--config a.yaml":           {config: "a.yaml"},
		"--config=a.yaml":           {config: "a.yaml"},
		"--log-level debug":         {logLevel: slog.LevelDebug},
		"--log-level WARN --demo":   {logLevel: slog.LevelWarn, demo: true},
		"--version":                 {version: true},
		"-headless -log-level info": {headless: true},
	} {
		t.Run(line, func(t *testing.T) {
			var out strings.Builder
			got, err := parseFlags(strings.Fields(line), &out)
			require.NoError(t, err)
			require.Equal(t, want, got)
			require.Empty(t, out.String())
		})
	}
}

func TestFlagsThatCannotBe(t *testing.T) {
	for line, said := range map[string]string{
		"--headles":         "-headles",
		"--log-level loud":  "log-level",
		"--config":          "-config",
		"--demo=perhaps":    "demo",
		"headless":          `unknown argument "headless"`,
		"--demo a.yaml":     `unknown argument "a.yaml"`,
		"--headless -- -x":  `unknown argument "-x"`,
		"--version --count": "-count",
	} {
		t.Run(line, func(t *testing.T) {
			var out strings.Builder
			_, err := parseFlags(strings.Fields(line), &out)
			require.ErrorIs(t, err, errUsage)
			require.Contains(t, out.String(), said)
		})
	}
}

func TestMainSaysWhatItIsAndEnds(t *testing.T) {
	for line, want := range map[string]struct {
		code           int
		stdout, stderr string
	}{
		"--version":                        {exitOK, "callcast dev\n", ""},
		"--help":                           {exitOK, "", "-headless"},
		"--nonsense":                       {exitUsage, "", "-nonsense"},
		"--headless --config /nonexistent": {exitUsage, "", "/nonexistent"},
	} {
		t.Run(line, func(t *testing.T) {
			var stdout, stderr strings.Builder
			require.Equal(t, want.code, Main(strings.Fields(line), &stdout, &stderr))
			require.Equal(t, want.stdout, stdout.String())
			require.Contains(t, stderr.String(), want.stderr)
		})
	}
}
