package rtmp

import (
	"net"
	"net/url"
	"strconv"
	"strings"

	"callcast/gateway"
)

// Target is where to publish or play: a server, an application on it, and a name.
type Target struct {
	Secure bool   // rtmps
	Host   string // without port
	Port   int
	App    string // with the instance if there is one: "app/_definst_"
	Name   string // the published name with its query: this is the stream key

	user  *url.Userinfo
	query string // of a URL that names the application only
}

// The fields of requests that hold URLs.
const (
	urlField = "rtmpUrl"
	uriField = "uri"
)

// ParseTarget reads where to publish from a URL and a name.
//
// With a name the URL's whole path is the application, and what is published is prefix and name, unless the name
// begins with the prefix. Without one the URL ends in the name: rtmp://host/app/key is split at the last slash, and
// no prefix is added.
//
// A query is sent where servers look for it: on the published name (nginx) and, if it stood on the application, in
// tcUrl too (Wowza). A user and password stay in tcUrl as they were given; no challenge is answered.
func ParseTarget(rawURL, name, prefix string) (Target, *gateway.Error) {
	return parse(address{urlField, "there is no name to publish; give rtmpStream, or a URL that ends in /app/name."}, rawURL, name, prefix)
}

// ParseURI reads from where to play: a URL that ends in the name.
func ParseURI(uri string) (Target, *gateway.Error) {
	return parse(address{uriField, "the URI names no stream; give one like rtmp://host/app/name."}, uri, "", "")
}

// address is the field that holds a URL, and what to do if it lacks a name.
type address struct{ field, nameless string }

func parse(from address, rawURL, name, prefix string) (Target, *gateway.Error) {
	bad := func(reason, remedy string) (Target, *gateway.Error) {
		return Target{}, gateway.Invalid(reason, from.field, mask(rawURL), remedy)
	}
	u, err := url.Parse(strings.TrimSpace(rawURL))
	if err != nil {
		if strings.Contains(err.Error(), "port") {
			return bad(gateway.ReasonPort, "the port must be a number from 1 to 65535.")
		}
		return bad(gateway.ReasonURL, "give a URL like rtmp://host/app.")
	}
	t := Target{Secure: strings.EqualFold(u.Scheme, "rtmps"), Host: u.Hostname(), user: u.User}
	if !t.Secure && !strings.EqualFold(u.Scheme, "rtmp") {
		return bad(gateway.ReasonScheme, "the URL must begin with rtmp:// or rtmps://.")
	}
	if t.Host == "" {
		return bad(gateway.ReasonHost, "the URL names no host; give one like rtmp://host/app.")
	}
	var ok bool
	if t.Port, ok = t.port(u.Port()); !ok {
		return bad(gateway.ReasonPort, "the port must be a number from 1 to 65535.")
	}
	t.App = strings.Trim(u.EscapedPath(), "/") // as it was typed
	if t.App == "" {
		return bad(gateway.ReasonURL, "the URL names no application; give one like rtmp://host/app.")
	}
	if name != "" {
		t.query = u.RawQuery
		t.Name = published(name, prefix, u.RawQuery)
		return t, nil
	}
	cut := strings.LastIndexByte(t.App, '/')
	if cut < 0 {
		return bad(gateway.ReasonRequired, from.nameless)
	}
	t.App, t.Name = strings.TrimRight(t.App[:cut], "/"), published(t.App[cut+1:], "", u.RawQuery)
	return t, nil
}

// published is the name a stream is published under.
func published(name, prefix, query string) string {
	if !strings.HasPrefix(name, prefix) {
		name = prefix + name
	}
	if query != "" && !strings.Contains(name, "?") {
		name += "?" + query
	}
	return name
}

func (t Target) port(text string) (int, bool) {
	if text == "" {
		if t.Secure {
			return 443, true
		}
		return 1935, true
	}
	port, err := strconv.Atoi(text)
	return port, err == nil && port > 0 && port <= 65535
}

// Address is the server's host:port.
func (t Target) Address() string { return net.JoinHostPort(t.Host, strconv.Itoa(t.Port)) }

// Same reports whether two targets are one publication.
func (t Target) Same(u Target) bool {
	return t.Secure == u.Secure && strings.EqualFold(t.Host, u.Host) && t.Port == u.Port && t.App == u.App && t.Name == u.Name
}

// String is the target for the eye: credentials, name and query masked.
func (t Target) String() string { return t.base() + "/***" }

// shortestKey is the length from which a text is taken for a key worth hiding.
const shortestKey = 4

// Redact hides the name and what is secret beside it where a text, like a server's answer, repeats them.
func (t Target) Redact(text string) string {
	name, query, _ := strings.Cut(t.Name, "?")
	secrets := []string{t.Name, query, t.query, name}
	for pair := range strings.SplitSeq(query+"&"+t.query, "&") {
		_, value, _ := strings.Cut(pair, "=")
		secrets = append(secrets, value)
	}
	if t.user != nil {
		password, _ := t.user.Password()
		secrets = append(secrets, t.user.String(), password)
	}
	for _, secret := range secrets {
		if len(secret) >= shortestKey {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	return text
}

// tcURL is the URL of the application as the connect command carries it.
func (t Target) tcURL() string {
	base := t.base()
	if t.user != nil {
		base = strings.Replace(base, "://", "://"+t.user.String()+"@", 1)
	}
	if t.query != "" {
		base += "?" + t.query
	}
	return base
}

// base is the URL of the application without anything secret, and without a port that goes without saying.
func (t Target) base() string {
	scheme := "rtmp"
	if t.Secure {
		scheme = "rtmps"
	}
	host := t.Address()
	if usual, _ := t.port(""); usual == t.Port {
		host = strings.TrimSuffix(host, ":"+strconv.Itoa(usual))
	}
	return scheme + "://" + host + "/" + t.App
}

// mask hides all of a URL that may be secret: what is left is scheme, host and the first part of a longer path.
func mask(rawURL string) string {
	u, err := url.Parse(strings.TrimSpace(rawURL))
	if err != nil || u.Host == "" {
		return gateway.Secret(rawURL).String()
	}
	shown := u.Scheme + "://" + u.Host
	path := strings.Trim(u.Path, "/")
	if path == "" && u.RawQuery == "" {
		return shown
	}
	if app, _, more := strings.Cut(path, "/"); more {
		shown += "/" + app
	}
	return shown + "/***"
}
