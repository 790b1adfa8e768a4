package model

import (
	"strings"

	"fyne.io/fyne/v2/lang"

	"callcast/gateway"
)

// Why says in plain words why a call ended and what to do about it, with the other side's own words after it.
func Why(c gateway.Call) string {
	switch c.Ending.Reason {
	case gateway.EndLocal, gateway.EndRemote:
		return reason(c)
	case gateway.EndNoMedia:
		if len(c.Refused) > 0 {
			return lang.L("Nothing was agreed on. {{.Why}}", map[string]any{"Why": strings.Join(Refusals(c.Refused), "; ")})
		}
	default:
	}
	return withWords(reason(c), c.Ending.Text)
}

// Standing says in plain words how a registration stands, with the registrar's own words after it.
func Standing(r gateway.Registration) string {
	if why := ending(r.Reason); why != "" {
		return withWords(why, r.Text)
	}
	return r.Text
}

func withWords(why, said string) string {
	if said == "" {
		return why
	}
	return why + " (" + said + ")"
}

func reason(c gateway.Call) string {
	if c.Incoming && c.Established.IsZero() {
		if missed := whyMissed(c); missed != "" {
			return missed
		}
	}
	if why := ending(c.Ending.Reason); why != "" {
		return why
	}
	return rejection(c.SIPStatus)
}

// ending words what alone says why a call ended; empty if that does not say enough.
func ending(reason gateway.EndReason) string {
	switch reason {
	case gateway.EndLocal:
		return lang.L("Hung up here.")
	case gateway.EndRemote:
		return lang.L("The other side hung up.")
	case gateway.EndBusy:
		return lang.L("The other side is busy. Try again later.")
	case gateway.EndNoAnswer:
		return lang.L("Nobody answered.")
	case gateway.EndUnreachable:
		return lang.L("The SIP server did not answer. Check domain, outbound proxy, port and transport.")
	case gateway.EndRegistration:
		return lang.L("Registration failed. Check login, password and domain, or switch Register off.")
	case gateway.EndAuth:
		return lang.L("The SIP server did not accept the login. Check login, authentication name and password.")
	case gateway.EndNoMedia:
		return lang.L("The other side offered no sound or picture that can be received.")
	case gateway.EndTransferred:
		return lang.L("The other side talks with somebody else now.")
	case gateway.EndBrowser:
		return lang.L("The browser that talked in it has gone.")
	case gateway.EndShutdown:
		return lang.L("Callcast was closed.")
	case gateway.EndInternal:
		return lang.L("A fault in Callcast. The log has the detail.")
	default:
		return serverTrouble(reason)
	}
}

// serverTrouble words what keeps SIP from the server.
func serverTrouble(reason gateway.EndReason) string {
	switch reason {
	case gateway.EndFamily:
		return lang.L("The SIP server has no address of the IP version that sip_host has. Change sip_host or empty it.")
	case gateway.EndNotTLS:
		return lang.L("The SIP server does not speak TLS on this port. Check port and transport.")
	case gateway.EndAuthority:
		return lang.L("The authority of the SIP server's certificate is not known. Name it in sip_tls_ca, or pin the certificate in the account.")
	case gateway.EndPin:
		return lang.L("The SIP server's certificate is not the pinned one. Ask its administrator, and then change the pin.")
	case gateway.EndExpired:
		return lang.L("The SIP server's certificate is not valid at this time. Check the clock, or ask its administrator for a new one.")
	case gateway.EndServerName:
		return lang.L("The SIP server's certificate is for another name. Check the domain, or give the name in the account.")
	case gateway.EndCertificate:
		return lang.L("The SIP server's certificate is not trusted. Ask its administrator, or pin it in the account.")
	default:
		return ""
	}
}

// Missed tells whether a call came in and was over before anybody took it.
func Missed(c gateway.Call) bool {
	if !c.Incoming || !c.Established.IsZero() {
		return false
	}
	return c.Ending.Reason == gateway.EndRemote || c.Ending.Reason == gateway.EndNoAnswer
}

// whyMissed is why a call that came in was not taken, empty if it is for other reasons than most.
func whyMissed(c gateway.Call) string {
	switch c.Ending.Reason {
	case gateway.EndLocal, gateway.EndBusy:
		return lang.L("Rejected here.")
	case gateway.EndRemote:
		return lang.L("Missed: the caller gave up.")
	case gateway.EndNoAnswer:
		return lang.L("Missed: nobody answered here.")
	default:
		return ""
	}
}

// rejection explains the final answers (RFC 3261 section 21) that an operator can do something about.
func rejection(status int) string {
	switch {
	case status == 403:
		return lang.L("The SIP server forbids this call. Check what the account is allowed to call.")
	case status == 404 || status == 484 || status == 604:
		return lang.L("There is no such number. Check whom to call.")
	case status == 480:
		return lang.L("The other side is not available: switched off or not registered.")
	case status == 415 || status == 488 || status == 606:
		return lang.L("The other side does not accept the codecs offered.")
	case status == 603:
		return lang.L("The other side declined the call.")
	case status >= 500 && status < 600:
		return lang.L("The SIP server is in trouble. Try again later or ask its administrator.")
	default:
		return lang.L("The call was refused.")
	}
}
