package ladder

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestSecretsAreMasked(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"digest": {
			"Authorization: Digest username=\"al\", nonce=\"n1\", uri=\"sip:x\", response=\"hunter2\", cnonce=\"hunter2\", nc=00000001\r\n",
			"Authorization: Digest username=\"al\", nonce=\"n1\", uri=\"sip:x\", response=\"***\", cnonce=\"***\", nc=00000001\r\n",
		},
		"digest, folded and bare": {
			"proxy-AUTHORIZATION :  digest username=\"al\",\r\n\tRESPONSE = hunter2,\r\n cnonce=\"hun\\\"ter2\"\r\nX: 1\r\n",
			"proxy-AUTHORIZATION :  digest username=\"al\",\r\n\tRESPONSE = \"***\",\r\n cnonce=\"***\"\r\nX: 1\r\n",
		},
		"a quote that does not end": {
			"Authorization: Digest response=\"hunter2\r\n",
			"Authorization: Digest response=\"***\"\r\n",
		},
		"any other scheme": {
			"Authorization: Bearer hunter2\r\n hunter2\r\nX: 1\r\n",
			"Authorization: Bearer ***\nX: 1\r\n",
		},
		"a mutual answer": {
			"Authentication-Info: qop=auth, rspauth=\"hunter2\", cnonce=\"hunter2\"\r\n",
			"Authentication-Info: qop=auth, rspauth=\"***\", cnonce=\"***\"\r\n",
		},
		"URIs": {
			"INVITE sip:bob:hunter2@x SIP/2.0\r\nContact: <SIPS:al:hun,ter;2@x:5061>\r\nRoute: <sip:10.0.0.1:5060;lr>\r\nFrom: <sip:al@x:5060>\r\n",
			"INVITE sip:bob:***@x SIP/2.0\r\nContact: <SIPS:al:***@x:5061>\r\nRoute: <sip:10.0.0.1:5060;lr>\r\nFrom: <sip:al@x:5060>\r\n",
		},
		"media keys": {
			"\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:hunter2+/=|2^20|1:4;inline:hunter2|2^20\r\nk=clear:hunter2\r\na=ice-pwd:hunter2\r\na=key-mgmt:mikey hunter2\r\nm=audio 1\r\n",
			"\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:***|2^20|1:4;inline:***|2^20\r\nk=***\r\na=ice-pwd:***\r\na=key-mgmt:***\r\nm=audio 1\r\n",
		},
		"a pressed key": {
			"c: Application/DTMF-Relay\r\n\r\nSignal= 5\r\nDuration=160\r\n",
			"c: Application/DTMF-Relay\r\n\r\nSignal=***\r\nDuration=160\r\n",
		},
		"a pressed key alone": {
			"Content-Type: application/dtmf\r\n\r\n5",
			"Content-Type: application/dtmf\r\n\r\n***",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := masked([]byte(tt.text), readHead([]byte(tt.text)))
			require.Equal(t, tt.want, got)
		})
	}
}

func FuzzNote(f *testing.F) {
	f.Add("INVITE sip:b:p@x SIP/2.0\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\nAuthorization: Digest response=\"x\"\r\n\r\nbody")
	f.Add("INFO x\nCall-ID: c\nc: application/dtmf\n\n5")
	f.Fuzz(func(t *testing.T, text string) {
		r := New()
		r.Begin("c", "c")
		r.sent([]byte(text))
		l, _ := r.Of("c")
		for _, m := range l.Messages {
			require.True(t, utf8.ValidString(m.Text))
			require.True(t, strings.HasSuffix(m.Text, m.SDP))
			require.NotContains(t, m.Start, "\n")
		}
	})
}
