package screen

import (
	"fyne.io/fyne/v2"

	"callcast/gateway"
	"callcast/ui/model"
)

// Memory keeps what was typed between runs: preferences for what anybody may read, the secret store for the rest.
type Memory struct {
	Preferences fyne.Preferences
	Model       *model.Model
	Defaults    Defaults
}

// Defaults are the values the form starts with.
type Defaults struct {
	Account    gateway.Account
	Callee     string
	Stream     string
	RTMPURL    gateway.Secret
	RTMPStream gateway.Secret
	HasAudio   bool
	HasVideo   bool
	Pinned     bool // shown instead of what is remembered, and nothing is remembered
}

// Load is what the form starts with; secrets are fetched later, they may take time.
func (m Memory) Load() gateway.CallSpec {
	d := m.Defaults
	if d == (Defaults{}) {
		d.HasAudio, d.HasVideo = true, true
	}
	spec := gateway.CallSpec{
		Account: d.Account, Callee: d.Callee, Stream: d.Stream,
		RTMPURL: d.RTMPURL, RTMPStream: d.RTMPStream, HasAudio: d.HasAudio, HasVideo: d.HasVideo,
	}
	if d.Pinned {
		return spec
	}
	p := m.Preferences
	if p.String("form.sipLogin") == "" { // no call was saved without one
		return spec
	}
	// The secrets among the defaults do not belong to the account and the server remembered.
	spec.Account.Password, spec.RTMPStream = "", ""
	spec.Account.Login = p.StringWithFallback("form.sipLogin", spec.Account.Login)
	spec.Account.AuthName = p.StringWithFallback("form.sipAuthenticationName", spec.Account.AuthName)
	spec.Account.Domain = p.StringWithFallback("form.sipDomain", spec.Account.Domain)
	spec.Account.OutboundProxy = p.StringWithFallback("form.sipOutboundProxy", spec.Account.OutboundProxy)
	spec.Account.Port = p.IntWithFallback("form.sipPort", spec.Account.Port)
	spec.Account.Transport = gateway.Transport(p.StringWithFallback("form.sipTransport", string(spec.Account.Transport)))
	spec.Account.SRTP = gateway.SRTPPolicy(p.StringWithFallback("form.sipSrtp", string(spec.Account.SRTP)))
	spec.Account.Codecs = p.StringWithFallback("form.sipCodecs", spec.Account.Codecs)
	spec.Account.TLS.ServerName = p.StringWithFallback("form.sipTlsServerName", spec.Account.TLS.ServerName)
	spec.Account.TLS.Pin = p.StringWithFallback("form.sipTlsPin", spec.Account.TLS.Pin)
	spec.Account.Register = p.BoolWithFallback("form.sipRegisterRequired", spec.Account.Register)
	spec.Callee = p.StringWithFallback("form.callee", spec.Callee)
	spec.Stream = p.StringWithFallback("form.toStream", spec.Stream)
	spec.RTMPURL = gateway.Secret(p.StringWithFallback("form.rtmpUrl", spec.RTMPURL.Reveal()))
	spec.HasAudio = p.BoolWithFallback("form.hasAudio", spec.HasAudio)
	spec.HasVideo = p.BoolWithFallback("form.hasVideo", spec.HasVideo)
	return spec
}

// Save keeps what a call was started with.
func (m Memory) Save(spec gateway.CallSpec) {
	if m.Defaults.Pinned {
		return
	}
	p := m.Preferences
	p.SetString("form.sipLogin", spec.Account.Login)
	p.SetString("form.sipAuthenticationName", spec.Account.AuthName)
	p.SetString("form.sipDomain", spec.Account.Domain)
	p.SetString("form.sipOutboundProxy", spec.Account.OutboundProxy)
	p.SetInt("form.sipPort", spec.Account.Port)
	p.SetString("form.sipTransport", string(spec.Account.Transport))
	p.SetString("form.sipSrtp", string(spec.Account.SRTP))
	p.SetString("form.sipCodecs", spec.Account.Codecs)
	p.SetString("form.sipTlsServerName", spec.Account.TLS.ServerName)
	p.SetString("form.sipTlsPin", spec.Account.TLS.Pin)
	p.SetBool("form.sipRegisterRequired", spec.Account.Register)
	p.SetString("form.callee", spec.Callee)
	p.SetString("form.toStream", spec.Stream)
	p.SetString("form.rtmpUrl", storable(spec.RTMPURL, spec.RTMPStream))
	p.SetBool("form.hasAudio", spec.HasAudio)
	p.SetBool("form.hasVideo", spec.HasVideo)
	m.saveSecrets(spec)
}

func (m Memory) saveSecrets(spec gateway.CallSpec) {
	m.Model.SaveSecret(accountSecret(spec.Account), spec.Account.Password)
	t, ok := parseTarget(spec.RTMPURL.Reveal())
	if !ok {
		return
	}
	m.Model.SaveSecret("rtmp-key:"+t.place(), spec.RTMPStream)
	full := gateway.Secret("")
	if t.hasSecret(spec.RTMPStream.Reveal()) {
		full = spec.RTMPURL
	}
	m.Model.SaveSecret("rtmp-url:"+t.place(), full)
}

// storable is the part of an RTMP address that anybody may read.
func storable(rawURL, name gateway.Secret) string {
	t, ok := parseTarget(rawURL.Reveal())
	switch {
	case !ok:
		return ""
	case t.hasSecret(name.Reveal()) && name == "":
		return t.withoutKey().shown()
	default:
		return t.shown()
	}
}

// accountSecret names a password in the store; it is empty while the account is not complete.
func accountSecret(a gateway.Account) string {
	if a.Login == "" || a.Domain == "" {
		return ""
	}
	return "sip:" + a.Login + "@" + a.Domain
}

// keySecret names the stream key of a server's application.
func keySecret(rawURL string) string {
	if t, ok := parseTarget(rawURL); ok {
		return "rtmp-key:" + t.place()
	}
	return ""
}

// urlSecret names the full address of a server's application, where it holds a secret itself.
func urlSecret(rawURL string) string {
	if t, ok := parseTarget(rawURL); ok {
		return "rtmp-url:" + t.place()
	}
	return ""
}
