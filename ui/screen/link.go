package screen

import (
	"net"
	"net/netip"
	"net/url"

	"fyne.io/fyne/v2/lang"

	"callcast/gateway"
)

// link is the address of the player's page for one stream.
type link struct {
	address string // empty if the page is not served
	local   bool   // only this computer can open it
}

// playerLink is where a browser finds a stream: on the port of the REST server. Of a server that listens on every
// address, own is one that others can reach.
func playerLink(listeners []gateway.Listener, stream string, own func() string) (link, bool) {
	for _, l := range listeners {
		if l.Name != "rest" || l.Err != nil {
			continue
		}
		host, port, err := net.SplitHostPort(l.Address)
		if err != nil {
			return link{}, false
		}
		ip, err := netip.ParseAddr(host)
		if host == "" || err == nil && ip.IsUnspecified() {
			host = own()
			ip, err = netip.ParseAddr(host)
		}
		address := "http://" + net.JoinHostPort(host, port) + "/play/" + url.PathEscape(stream)
		return link{address: address, local: host == "localhost" || err == nil && ip.IsLoopback()}, true
	}
	return link{}, false
}

// words are the link with what must be known to use it.
func (l link) words() string {
	switch {
	case l.address == "":
		return lang.L("There is no link for viewers: the REST port is not served.")
	case l.local:
		return l.address + "\n" + l.hint()
	default:
		return l.address
	}
}

// hint says who can open the link.
func (l link) hint() string {
	if l.local {
		return lang.L("Opens on this computer only. To let others watch, set rest_host to an address of this computer.")
	}
	return lang.L("Opens in any browser that reaches this computer.")
}

// ownAddress is an address of this computer that others can reach, or else one that only it can.
func ownAddress() string {
	addresses, err := net.InterfaceAddrs()
	if err == nil {
		for _, a := range addresses {
			if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && n.IP.IsGlobalUnicast() {
				return n.IP.String()
			}
		}
	}
	return "127.0.0.1"
}

// link is the player's link of the selected stream.
func (s *Streams) link() (link, bool) {
	stream := s.selected()
	if stream == nil {
		return link{}, false
	}
	return playerLink(s.model.Listeners(), stream.Name, ownAddress)
}

// CopyLink puts the player's link on the clipboard.
func (s *Streams) CopyLink() {
	l, ok := s.link()
	if !ok {
		return
	}
	s.params.Copy(l.address)
	s.tell(lang.L("Copied: {{.Link}}", map[string]any{"Link": l.words()}), false)
}
