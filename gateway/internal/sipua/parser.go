package sipua

import (
	"maps"

	"github.com/emiago/sipgo/sip"
)

// newParser makes a reader of messages. Whom a REFER names it leaves as it is written: sipgo would drop a whole message for what
// has to be answered.
func newParser() *sip.Parser {
	parsers := maps.Clone(sip.DefaultHeadersParser())
	delete(parsers, "refer-to")
	delete(parsers, "referred-by")
	return sip.NewParser(sip.WithHeadersParsers(parsers))
}
