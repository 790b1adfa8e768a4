package config

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"callcast/gateway"
)

// list is a key of the file that holds a list of blocks. Its add makes one more entry and returns its settings.
type list struct {
	key string
	add func() []setting
}

// lists is every key of the file that holds a list, bound to the fields of cfg.
func lists(cfg *gateway.Config) []list {
	return []list{
		{"sip_accounts", func() []setting { return account(grow(&cfg.SIP.Accounts)) }},
		{"answer_rules", func() []setting { return rule(grow(&cfg.SIP.Rules)) }},
	}
}

// grow adds an entry to a list.
func grow[T any](entries *[]T) *T {
	*entries = append(*entries, *new(T))
	return &(*entries)[len(*entries)-1]
}

func account(spec *gateway.RegisterSpec) []setting {
	a := &spec.Account
	return []setting{
		{"id", text(&spec.ID)},
		{"sipLogin", text(&a.Login)},
		{"sipAuthenticationName", text(&a.AuthName)},
		{"sipPassword", secret(&a.Password)},
		{"sipDomain", text(&a.Domain)},
		{"sipOutboundProxy", text(&a.OutboundProxy)},
		{"sipPort", count(&a.Port, "give a port from 1 to 65535, or leave it out")},
		{"sipTransport", word(&a.Transport)},
		{"sipTlsPin", text(&a.TLS.Pin)},
		{"sipTlsServerName", text(&a.TLS.ServerName)},
		{"sipSrtp", word(&a.SRTP)},
		{"codecs", text(&a.Codecs)},
	}
}

func rule(r *gateway.AnswerRule) []setting {
	return []setting{
		{"callee", text(&r.Callee)},
		{"caller", text(&r.Caller)},
		{"toStream", text(&r.Stream)},
		{"rtmpUrl", secret(&r.RTMPURL)},
		{"rtmpStream", secret(&r.RTMPStream)},
		{"maximum", count(&r.Maximum, "give how many calls at a time, 1 or more")},
	}
}

// count is a whole number; none is 0.
func count(target *int, remedy string) func(string) string {
	return func(text string) string {
		if text == "" {
			*target = 0
			return ""
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return remedy
		}
		*target = n
		return ""
	}
}

// word is one of a few words; the case does not matter. The gateway knows which there are.
func word[T ~string](target *T) func(string) string {
	return func(text string) string {
		*target = T(strings.ToLower(text))
		return ""
	}
}

// applyList lays a list of blocks over the configuration.
func applyList(l list, value *yaml.Node) error {
	if value.Tag == "!!null" {
		return nil
	}
	if value.Kind != yaml.SequenceNode {
		return fmt.Errorf("line %d: %s holds no list: begin each entry with \"- \"", value.Line, l.key)
	}
	var errs []error
	for i, entry := range value.Content {
		name := fmt.Sprintf("%s[%d]", l.key, i)
		if entry.Kind != yaml.MappingNode {
			errs = append(errs, fmt.Errorf("line %d: %s: write one \"key: value\" a line", entry.Line, name))
			continue
		}
		all, seen := l.add(), map[string]bool{}
		for pair := range slices.Chunk(entry.Content, 2) {
			if err := apply(name+".", all, seen, pair[0], pair[1]); err != nil {
				errs = append(errs, fmt.Errorf("line %d: %w", pair[0].Line, err))
			}
		}
	}
	return errors.Join(errs...)
}
