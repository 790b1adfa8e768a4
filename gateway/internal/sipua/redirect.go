package sipua

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/emiago/sipgo/sip"
)

// maxRedirects is how many addresses one call follows.
const maxRedirects = 5

// targets are the addresses of a call still to be tried, best first (RFC 3261 section 8.1.3.4).
type targets struct {
	queue    []sip.Uri
	seen     map[string]bool
	followed int
}

func newTargets(first sip.Uri) *targets {
	return &targets{queue: []sip.Uri{first}, seen: map[string]bool{first.String(): true}}
}

func (t *targets) next() (sip.Uri, bool) {
	if len(t.queue) == 0 {
		return sip.Uri{}, false
	}
	u := t.queue[0]
	t.queue = t.queue[1:]
	return u, true
}

// follow takes the addresses a 3xx names, except those that were named before.
func (t *targets) follow(res *sip.Response) {
	type option struct {
		uri sip.Uri
		q   float64
	}
	var options []option
	for _, h := range res.GetHeaders("Contact") {
		c, ok := h.(*sip.ContactHeader)
		if !ok {
			continue
		}
		uri, err := parseURI(c.Address.String())
		if err != nil {
			continue
		}
		options = append(options, option{uri, preference(c.Params)})
	}
	slices.SortStableFunc(options, func(a, b option) int { return cmp.Compare(b.q, a.q) })
	var fresh []sip.Uri
	for _, o := range options {
		if key := o.uri.String(); !t.seen[key] && t.followed < maxRedirects {
			t.seen[key] = true
			t.followed++
			fresh = append(fresh, o.uri)
		}
	}
	t.queue = append(fresh, t.queue...)
}

func preference(params sip.HeaderParams) float64 {
	q, err := strconv.ParseFloat(params.GetOr("q", "1"), 64)
	if err != nil || q < 0 || q > 1 {
		return 1
	}
	return q
}
