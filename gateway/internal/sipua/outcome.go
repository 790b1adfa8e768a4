package sipua

import (
	"errors"
	"fmt"

	"github.com/emiago/sipgo/sip"

	"callcast/gateway"
)

// refused is the last event of a call whose INVITE got a final refusal.
func refused(res *sip.Response, authenticated bool) Failed {
	f := Failed{Status: res.StatusCode, Reason: res.Reason, Cause: gateway.EndRejected}
	switch res.StatusCode {
	case sip.StatusBusyHere, sip.StatusGlobalBusyEverywhere:
		f.Cause = gateway.EndBusy
	case sip.StatusRequestTimeout:
		f.Cause = gateway.EndUnreachable
	case sip.StatusUnauthorized, sip.StatusProxyAuthRequired:
		f.Cause = gateway.EndAuth
	case sip.StatusForbidden:
		if authenticated {
			f.Cause = gateway.EndAuth
		}
	}
	return f
}

// undelivered is the last event of a call whose INVITE got no final response.
func undelivered(err error) Failed {
	switch {
	case errors.Is(err, errBadAddress):
		return Failed{Reason: err.Error(), Cause: gateway.EndInternal}
	case errors.Is(err, sip.ErrTransactionTimeout):
		return Failed{Status: sip.StatusRequestTimeout, Reason: "no answer to the INVITE", Cause: gateway.EndUnreachable}
	default:
		return Failed{Reason: err.Error(), Cause: endingOf(err)}
	}
}

// statusText is a response for people.
func statusText(res *sip.Response) string { return fmt.Sprintf("%d %s", res.StatusCode, res.Reason) }
