package model

import (
	"fyne.io/fyne/v2/lang"

	"callcast/gateway"
)

// Why says in plain words why a call ended and what to do about it, with the other side's own words after it.
func Why(c gateway.Call) string {
	why := reason(c)
	if c.Ending.Text == "" || c.Ending.Reason == gateway.EndLocal || c.Ending.Reason == gateway.EndRemote {
		return why
	}
	return why + " (" + c.Ending.Text + ")"
}

func reason(c gateway.Call) string {
	if c.Incoming && c.Established.IsZero() {
		if missed := whyMissed(c); missed != "" {
			return missed
		}
	}
	switch c.Ending.Reason {
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
		return rejection(c.SIPStatus)
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
