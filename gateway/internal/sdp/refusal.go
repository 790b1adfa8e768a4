package sdp

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"callcast/gateway"
)

// refusal is why a line is not used; nil: it is.
type refusal = *gateway.MediaLine

// because refuses for a reason that speaks of nothing but itself.
func because(reason gateway.LineReason, why string) refusal {
	return &gateway.MediaLine{Reason: reason, Why: why}
}

func (a *Answer) refuse(kind string, why refusal) {
	why.Kind = kind
	a.Refused = append(a.Refused, *why)
}

// unused notes codecs of a line that is used without them.
func (a *Answer) unused(kind string, why gateway.MediaLine) {
	if names := strings.Join(slices.Concat(why.Theirs, why.Ours), ", "); names != "" {
		why.Kind, why.Why = kind, names+": "+why.Why
		a.Unused = append(a.Unused, why)
	}
}

func unmatched(theirs, ours []string) refusal {
	return &gateway.MediaLine{
		Reason: gateway.LineUnmatched, Theirs: theirs, Ours: ours,
		Why: fmt.Sprintf("codecs not matched: %s => %s", strings.Join(theirs, ", "), strings.Join(ours, ", ")),
	}
}

// unsuited refuses what the other side names, with a word on it.
func unsuited(reason gateway.LineReason, theirs, why string) refusal {
	return &gateway.MediaLine{Reason: reason, Theirs: []string{theirs}, Why: why}
}

// compare notes that media cannot be sent from our address to that of the other side. The line is used all the same: what
// comes from there tells where to send.
func (a *Answer) compare(kind string, theirs, ours netip.Addr) {
	if !theirs.IsValid() || !ours.IsValid() || ours.IsUnspecified() || theirs.Is4() == ours.Is4() {
		return
	}
	a.Unused = append(a.Unused, gateway.MediaLine{
		Kind: kind, Reason: gateway.LineFamily, Theirs: []string{theirs.String()}, Ours: []string{ours.String()},
		Why: fmt.Sprintf("its address %s is %s, and ours %s is %s; if it hears nothing, reach the SIP server by %s (sip_host, domain or outbound proxy), or have the other side use %s",
			theirs, version(theirs), ours, version(ours), version(theirs), version(ours)),
	})
}

func version(ip netip.Addr) string {
	if ip.Is4() {
		return "IPv4"
	}
	return "IPv6"
}
