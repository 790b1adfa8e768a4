package sipua

import (
	"strings"

	"github.com/emiago/sipgo/sip"
)

// header is the first header with a name, or with its compact name if there is one.
func header(msg sip.Message, names ...string) sip.Header {
	for _, name := range names {
		if all := msg.GetHeaders(name); len(all) > 0 {
			return all[0]
		}
	}
	return nil
}

// lists reports whether a header that is a list names an item. brief is the header's compact name, if it has one.
func lists(msg sip.Message, name, brief, item string) bool {
	for _, got := range items(msg, name, brief) {
		if strings.EqualFold(got, item) {
			return true
		}
	}
	return false
}

// items are what a header that is a list holds, over all lines with its name.
func items(msg sip.Message, name, brief string) []string {
	headers := msg.GetHeaders(name)
	if brief != "" {
		headers = append(headers, msg.GetHeaders(brief)...)
	}
	var all []string
	for _, h := range headers {
		for part := range strings.SplitSeq(h.Value(), ",") {
			if part = strings.TrimSpace(part); part != "" {
				all = append(all, part)
			}
		}
	}
	return all
}

// supported are the extensions we name in a message. In one that begins a call that is also the reliable announcement
// of its progress (RFC 3262), unless it is switched off.
func (a *Agent) supported(begins bool) string {
	if begins && !a.params.NoReliable {
		return "timer, replaces, 100rel"
	}
	return "timer, replaces"
}

// unsupported are the extensions a request insists on that we do not have.
func (a *Agent) unsupported(req *sip.Request) []string {
	var lacking []string
	for _, tag := range items(req, "Require", "") {
		switch strings.ToLower(tag) {
		case "timer", "replaces", "norefersub":
		case "100rel":
			if a.params.NoReliable || !req.IsInvite() || tagOf(req.To().Params) != "" {
				lacking = append(lacking, tag)
			}
		default:
			lacking = append(lacking, tag)
		}
	}
	return lacking
}

func badExtension(req *sip.Request, lacking []string) *sip.Response {
	res := answerTo(req, sip.StatusBadExtension, "Bad Extension")
	res.AppendHeader(sip.NewHeader("Unsupported", strings.Join(lacking, ", ")))
	return res
}
