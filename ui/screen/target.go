package screen

import (
	"fmt"
	"net/url"
	"strings"

	"fyne.io/fyne/v2/lang"

	"callcast/gateway"
)

const maskedKey = "•••"

// publishHint says where a call will be published, with the key masked.
func publishHint(rawURL, name, prefix string) string {
	t, ok := parseTarget(rawURL)
	switch {
	case rawURL == "":
		return lang.L("Not published: no RTMP URL.")
	case !ok:
		return ""
	case name != "" && prefix == "":
		return lang.L("Publishes to {{.Address}}, the address as it stands.",
			map[string]any{"Address": t.shown() + "/" + maskedKey})
	case name != "":
		return lang.L("Publishes to {{.Address}}. Callcast adds {{.Prefix}} to the name, as WCS does.",
			map[string]any{"Address": t.shown() + "/" + prefix + maskedKey, "Prefix": prefix})
	case t.hasKey():
		return lang.L("Publishes to {{.Address}}, the address as it stands.",
			map[string]any{"Address": t.withoutKey().shown() + "/" + maskedKey})
	default:
		return ""
	}
}

// pushHint says the same of a push of a stream, whose name is no secret.
func pushHint(rawURL, key, stream, prefix string) string {
	t, ok := parseTarget(rawURL)
	if !ok || key != "" || t.hasKey() {
		return publishHint(rawURL, key, "")
	}
	return lang.L("Publishes to {{.Address}}. Callcast adds {{.Prefix}} to the name, as WCS does.",
		map[string]any{"Address": t.shown() + "/" + prefix + stream, "Prefix": prefix})
}

// target is an RTMP address, taken apart as far as secrets need it.
type target struct{ url url.URL }

func parseTarget(rawURL string) (target, bool) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" {
		return target{}, false
	}
	return target{*u}, true
}

func (t target) parts() []string {
	return strings.FieldsFunc(t.url.Path, func(r rune) bool { return r == '/' })
}

// hasKey tells whether the path goes on after the application.
func (t target) hasKey() bool { return len(t.parts()) > 1 }

func (t target) withoutKey() target {
	if parts := t.parts(); len(parts) > 1 {
		t.url.Path = "/" + strings.Join(parts[:len(parts)-1], "/")
	}
	return t
}

// shown is the address without user, password and query.
func (t target) shown() string {
	return t.url.Scheme + "://" + t.url.Host + "/" + strings.Join(t.parts(), "/")
}

// hasSecret tells whether the address itself holds something that must not be written down. Without a separate name
// the end of the path is the key.
func (t target) hasSecret(name string) bool {
	return t.url.User != nil || t.url.RawQuery != "" || name == "" && t.hasKey()
}

// place is the host and application: what a remembered key belongs to.
func (t target) place() string {
	parts := t.parts()
	if len(parts) == 0 {
		return t.url.Host
	}
	return t.url.Host + "/" + parts[0]
}

// pushSpec sends a stream to an address, under a key or, without one, under what the address ends in or the stream's
// own name.
func pushSpec(stream, rawURL, key string) gateway.PushSpec {
	rawURL = strings.TrimSpace(rawURL) // pasted
	spec := gateway.PushSpec{Stream: stream, URL: gateway.Secret(rawURL)}
	t, ok := parseTarget(rawURL)
	switch {
	case key != "":
		spec.URL, spec.FullURL = gateway.Secret(withKey(rawURL, key)), true
	case ok:
		spec.FullURL = t.hasKey()
	}
	return spec
}

// withKey puts a key behind the path of an address. Keys may bring a query of their own.
func withKey(rawURL, key string) string {
	path, query, _ := strings.Cut(rawURL, "?")
	whole := strings.TrimRight(path, "/") + "/" + key
	if query != "" && !strings.Contains(key, "?") {
		whole += "?" + query
	}
	return whole
}

// targetProblem is what can be told of a target without trying it, nil if nothing is wrong.
func targetProblem(rawURL, name string) *gateway.Error {
	if rawURL == "" {
		return &gateway.Error{Reason: gateway.ReasonURL, Field: "rtmpUrl"}
	}
	for _, err := range (gateway.CallSpec{RTMPURL: gateway.Secret(rawURL), RTMPStream: gateway.Secret(name)}).Validate() {
		if err.Field == "rtmpUrl" || err.Field == "rtmpStream" {
			return err
		}
	}
	return nil
}

// testWords is what a server said when it was tried.
func testWords(t gateway.PushTest) string {
	return lang.L("{{.Target}} takes streams: it answered {{.Said}} after {{.Seconds}} s.",
		map[string]any{"Target": t.Target, "Said": t.Said, "Seconds": fmt.Sprintf("%.1f", t.Took.Seconds())})
}
