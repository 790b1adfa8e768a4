package gateway

import "log/slog"

// Secret is text that must not be seen: it prints as *** wherever it is formatted, logged or marshalled.
// Reveal is the only way to its value.
type Secret string

const masked = "***"

// Reveal returns the text itself.
func (s Secret) Reveal() string { return string(s) }

// String returns *** for any text, and nothing for none.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return masked
}

// GoString keeps %#v from showing the text.
func (s Secret) GoString() string { return `"` + s.String() + `"` }

// LogValue keeps slog from showing the text.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText keeps JSON, YAML and XML from showing the text.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
