package model

import (
	"fyne.io/fyne/v2/lang"

	"callcast/gateway"
)

// Problem says in plain words what is wrong and how to mend it. An error that has no words here speaks English.
func Problem(err *gateway.Error) string {
	switch err.Reason {
	case gateway.ReasonRequired:
		return missing(err)
	case gateway.ReasonCharacters:
		return characters(err)
	case gateway.ReasonSIPURI:
		return lang.L("Give a number, a name, user@host or sip:user@host:port.")
	case gateway.ReasonScheme:
		if err.Field == "callee" {
			return lang.L("sips: is not supported. Use sip:.")
		}
		return lang.L("The address starts with rtmp:// or rtmps://.")
	case gateway.ReasonURL:
		return lang.L("Give server and application, e.g. rtmp://host:1935/live.")
	case gateway.ReasonHost:
		return lang.L("This host cannot be found. Check the name, or give an IP address, with :port if needed.")
	case gateway.ReasonPort:
		return lang.L("A port is a number from 1 to 65535.")
	case gateway.ReasonChoice:
		return choice(err)
	case gateway.ReasonDigits:
		return lang.L("Tones are 0-9, *, # and A-D.")
	case gateway.ReasonTooLong:
		return lang.L("This is too long. Shorten it.")
	default:
		return refusal(err)
	}
}

func missing(err *gateway.Error) string {
	switch err.Field {
	case "sipLogin":
		return lang.L("Give the user name of the SIP account.")
	case "sipDomain":
		return lang.L("Give the domain of the SIP account, e.g. sip.example.com.")
	case "callee":
		return lang.L("Give the number or address to call.")
	case "rtmpUrl":
		return lang.L("Give the RTMP server too, or empty the key.")
	case "rtmpStream":
		return lang.L("Give the stream name or key, or put it at the end of the RTMP URL.")
	default:
		return lang.L("Something is missing. ({{.Said}})", said(err))
	}
}

func choice(err *gateway.Error) string {
	switch err.Field {
	case "sipTlsPin":
		return lang.L("Give the SHA-256 of the server's certificate: 64 hexadecimal digits without colons.")
	case "codecs":
		return lang.L("These codecs cannot be used. ({{.Said}})", map[string]any{"Said": err.Message})
	default:
		return lang.L("Choose one of the values offered.")
	}
}

func characters(err *gateway.Error) string {
	switch err.Field {
	case "sipLogin", "sipAuthenticationName":
		return lang.L("Letters, digits and -_.!~*'()&=+$,;?/ only: no spaces, no <>, no @domain.")
	case "toStream", "streamName", "localStreamName":
		return lang.L("Latin letters, digits and .-_ are safe: no spaces, slashes, quotes or <>?#%&.")
	case "rtmpStream":
		return lang.L("Remove spaces and line breaks from the key.")
	default:
		return lang.L("It holds characters that cannot be used. ({{.Said}})", said(err))
	}
}

// refusal words what the gateway says to a request that was well formed.
func refusal(err *gateway.Error) string {
	switch err.Reason {
	case gateway.ReasonPushRefused:
		return lang.L("The RTMP server did not take the stream. Check address and key. ({{.Said}})", map[string]any{"Said": err.Message})
	case gateway.ReasonPushExists:
		return lang.L("The stream is pushed there already.")
	case gateway.ReasonPushMissing:
		return lang.L("This push is over.")
	case gateway.ReasonPullExists:
		return lang.L("This address is fetched already.")
	case gateway.ReasonPullMissing:
		return lang.L("This stream is not fetched any more.")
	case gateway.ReasonTooMany:
		return lang.L("The gateway has as many as it serves at once. Stop one first.")
	case gateway.ReasonCallExists:
		return lang.L("A call with this id is up already.")
	case gateway.ReasonTargetInUse:
		return lang.L("Another call is on air at this RTMP address. End it or give another key.")
	case gateway.ReasonStreamInUse:
		return lang.L("Another source publishes under this stream name. Give another name.")
	case gateway.ReasonCallNotFound:
		return lang.L("This call is over.")
	case gateway.ReasonStreamMissing:
		return lang.L("This stream is gone.")
	case gateway.ReasonStopping:
		return lang.L("Callcast is closing.")
	case gateway.ReasonNoPorts:
		return lang.L("All RTP ports are in use. Widen the RTP range in the configuration.")
	case gateway.ReasonNoDecoder:
		return lang.L("This build cannot show the codec {{.Codec}}.", map[string]any{"Codec": err.Value})
	case gateway.ReasonInternal:
		return lang.L("A fault in Callcast. The log has the detail.")
	default:
		return phoneRefusal(err)
	}
}

// phoneRefusal words what keeps the operator from telephoning.
func phoneRefusal(err *gateway.Error) string {
	switch err.Reason {
	case gateway.ReasonNotRinging:
		return lang.L("This call does not ring any more.")
	case gateway.ReasonHoldRefused:
		return lang.L("The other side does not agree to hold or take back the call.")
	case gateway.ReasonTransferRefused:
		return lang.L("The other side does not take the transfer. ({{.Said}})", map[string]any{"Said": err.Message})
	case gateway.ReasonRegistrationMissing:
		return lang.L("This account is not registered any more.")
	case gateway.ReasonDeviceMissing:
		return lang.L("This device is not there any more. Plug it in or choose another.")
	case gateway.ReasonDeviceBusy:
		return lang.L("Another program uses this device, or access to it is forbidden. Close that program or allow access.")
	case gateway.ReasonTonesRefused:
		return lang.L("The other side does not take tones sent this way.")
	case gateway.ReasonNotUp:
		return lang.L("The call is not established yet.")
	case gateway.ReasonRegistrationExists:
		return lang.L("An account is registered under this id already.")
	case gateway.ReasonBrowserTalks:
		return lang.L("A browser talks in this call. Use its microphone and camera.")
	default:
		return settingProblem(err)
	}
}

// settingProblem words what the configuration is to be changed for.
func settingProblem(err *gateway.Error) string {
	switch err.Reason {
	case gateway.ReasonAuthority:
		return lang.L("The certificate authorities in {{.Value}} cannot be read. Name a PEM file in sip_tls_ca, or none; until then only pinned certificates are trusted.", said(err))
	case gateway.ReasonSTUN:
		return lang.L("The STUN server {{.Value}} cannot be found or does not answer, so the public address is not known. Name another in sip_stun, or give sip_public_ip.", said(err))
	case gateway.ReasonPortTaken:
		return lang.L("The port is taken by another program. Change {{.Field}} in the configuration.", said(err))
	default:
		return mediaProblem(err)
	}
}

// mediaProblem words what browsers and REST clients do wrong.
func mediaProblem(err *gateway.Error) string {
	switch err.Reason {
	case gateway.ReasonSDP:
		return lang.L("This is not a session description. Send the one that the browser made.")
	case gateway.ReasonNoCodec:
		return lang.L("There is no codec in common. Offer H264 or VP8, or one of opus, PCMA, PCMU and G722.")
	case gateway.ReasonSessionMissing:
		return lang.L("This media session is over.")
	case gateway.ReasonSessionExists:
		return lang.L("A media session with this id is up already.")
	case gateway.ReasonFileMissing:
		return lang.L("There is no such sound file. Check its name and media_dir in the configuration.")
	case gateway.ReasonFileFormat:
		return lang.L("This sound file cannot be played. Save it as WAV, PCM with 16 bits.")
	default:
		return err.Message
	}
}

// said is what an error speaks of, for its words.
func said(err *gateway.Error) map[string]any {
	return map[string]any{"Said": err.Message, "Field": err.Field, "Value": err.Value}
}

// ListenerProblem says why a port is not served and which setting moves it.
func ListenerProblem(l gateway.Listener) string {
	data := map[string]any{"Name": l.Name, "Address": l.Address, "Setting": l.Setting}
	if l.Err.Reason == gateway.ReasonPortTaken {
		return lang.L("{{.Name}}: {{.Address}} is taken by another program. Change {{.Setting}} in the configuration.", data)
	}
	data["Problem"] = Problem(l.Err)
	return lang.L("{{.Name}}: {{.Problem}} The setting is {{.Setting}}.", data)
}
