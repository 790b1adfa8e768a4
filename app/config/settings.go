package config

import (
	"net"
	"strconv"
	"strings"
	"time"

	"callcast/gateway"
)

// setting is one key of the file. Its set stores a value, or returns what to write instead.
type setting struct {
	key string
	set func(text string) (remedy string)
}

// settings is every key of the file, bound to the fields of cfg.
func settings(cfg *gateway.Config) []setting {
	return []setting{
		{"rest_host", host(&cfg.REST.Host)},
		{"rest_port", port(&cfg.REST.Port)},
		{"rtmp_host", host(&cfg.RTMP.Host)},
		{"rtmp_port", port(&cfg.RTMP.Port)},
		{"webrtc_host", host(&cfg.WebRTC.Host)},
		{"webrtc_port", port(&cfg.WebRTC.Port)},
		{"webrtc_stun", server(&cfg.WebRTC.STUN)},
		{"webrtc_turn", server(&cfg.WebRTC.TURN)},
		{"webrtc_turn_user", text(&cfg.WebRTC.TURNUser)},
		{"webrtc_turn_password", secret(&cfg.WebRTC.TURNPassword)},
		{"ws_host", host(&cfg.WebSDK.Host)},
		{"ws_port", port(&cfg.WebSDK.Port)},
		{"wss_host", host(&cfg.WebSDKTLS.Host)},
		{"wss_port", port(&cfg.WebSDKTLS.Port)},
		{"tls_certificate", text(&cfg.TLS.Certificate)},
		{"tls_key", text(&cfg.TLS.Key)},
		{"sip_host", host(&cfg.SIP.Host)},
		{"sip_port", port(&cfg.SIP.Port)},
		{"sip_public_ip", address(&cfg.SIP.PublicIP)},
		{"sip_register_expiry", duration(&cfg.SIP.RegisterExpiry)},
		{"sip_no_answer", duration(&cfg.SIP.NoAnswer)},
		{"sip_100rel", flag(&cfg.SIP.Reliable)},
		{"sip_follow_transfers", flag(&cfg.SIP.Follow)},
		{"sip_stun", server(&cfg.SIP.STUN)},
		{"sip_tls_ca", text(&cfg.SIP.TLSAuthority)},
		{"codecs", codecs(&cfg.SIP.Codecs)},
		{"media_port_from", mediaPort(&cfg.RTP.PortMin)},
		{"media_port_to", mediaPort(&cfg.RTP.PortMax)},
		{"slate_without_video", flag(&cfg.Media.SlateWithoutVideo)},
		{"rtmp_transponder_stream_name_prefix", name(&cfg.Media.RTMPNamePrefix)},
		{"media_dir", text(&cfg.Media.SoundDir)},
		{"disable_streaming_proxy", flag(&cfg.Media.Transcode)},
	}
}

func host(target *string) func(string) string {
	return func(text string) string {
		if strings.ContainsAny(text, " /@[]") || strings.Contains(text, ":") && net.ParseIP(text) == nil {
			return `give an IP address or a host name without port, or "" for every address`
		}
		*target = text
		return ""
	}
}

func address(target *string) func(string) string {
	return func(text string) string {
		if text != "" && net.ParseIP(text) == nil {
			return `give an IP address, or "" to find it out`
		}
		*target = text
		return ""
	}
}

func codecs(target *string) func(string) string {
	return func(text string) string {
		if _, err := gateway.ParseCodecs("the codec", text); err != nil {
			return err.Message
		}
		*target = text
		return ""
	}
}

func server(target *string) func(string) string {
	return func(text string) string {
		if _, port, err := net.SplitHostPort(text); text != "" && (err != nil || port == "") {
			return `give host:port, or "" for none`
		}
		*target = text
		return ""
	}
}

func text(target *string) func(string) string {
	return func(text string) string {
		*target = text
		return ""
	}
}

func secret(target *gateway.Secret) func(string) string {
	return func(text string) string {
		*target = gateway.Secret(text)
		return ""
	}
}

func port(target *int) func(string) string {
	return func(text string) string {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > 65535 {
			return "give a port from 1 to 65535, or 0 for any free one"
		}
		*target = n
		return ""
	}
}

func mediaPort(target *int) func(string) string {
	return func(text string) string {
		n, err := strconv.Atoi(text)
		if err != nil || n != 0 && n < 1024 || n > 65535 {
			return "give a port from 1024 to 65535, or 0 in both media_port_from and media_port_to for any free ones"
		}
		*target = n
		return ""
	}
}

func duration(target *time.Duration) func(string) string {
	return func(text string) string {
		d, err := time.ParseDuration(text)
		if err != nil || d < time.Second {
			return "give a time of 1s or more, like 90s or 10m"
		}
		*target = d
		return ""
	}
}

func flag(target *bool) func(string) string {
	return func(text string) string {
		if text != "true" && text != "false" {
			return "give true or false"
		}
		*target = text == "true"
		return ""
	}
}

func name(target *string) func(string) string {
	return func(text string) string {
		if strings.ContainsAny(text, " \t\r\n/?&#") {
			return "leave out spaces and the characters / ? & #"
		}
		*target = text
		return ""
	}
}
