package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// wireParsers are what reads bytes that anybody may send, by package, and who fuzzes it.
func wireParsers() map[string]map[string]string {
	return map[string]map[string]string{
		"gateway/internal/sipua":       {"SIP by datagrams": "FuzzDatagram", "SIP by streams": "FuzzStream", "callees": "FuzzCallee"},
		"gateway/internal/sdp":         {"SDP, offers and answers": "FuzzParseAnswer"},
		"gateway/internal/stun":        {"STUN": "FuzzReflected"},
		"gateway/internal/rtpio":       {"RTP": "FuzzRTP", "RTCP": "FuzzRTCP"},
		"gateway/internal/codec/h264":  {"H.264 in RTP": "FuzzDepacketiser", "parameter sets": "FuzzParseSPS", "NAL units": "FuzzNALs"},
		"gateway/internal/codec/vp8":   {"VP8 in RTP": "FuzzDepacketiser"},
		"gateway/internal/codec/opus":  {"Opus": "FuzzDuration"},
		"gateway/internal/codec/dtmf":  {"keys as RTP events": "FuzzReceiver", "keys in INFO": "FuzzParseInfo"},
		"gateway/internal/rtc":         {"SDP of browsers": "FuzzReadOffer"},
		"gateway/internal/rtmp":        {"RTMP chunks": "FuzzChunks", "AMF": "FuzzAMF"},
		"gateway/internal/source/rtmp": {"RTMP media": "FuzzDemuxer"},
		"gateway/websdk":               {"WebSDK frames": "FuzzParse", "WebSDK messages": "FuzzMessages", "WebSDK accounts": "FuzzAccount"},
		"gateway/rest":                 {"REST bodies": "FuzzBodies"},
		"gateway/internal/sound":       {"sound files": "FuzzParse"},
		"gateway/demophone":            {"SIP of the demo phone": "FuzzParse", "SDP of the demo phone": "FuzzOffer"},
	}
}

// TestWireParsersAreFuzzed: `make fuzz` runs every target there is.
func TestWireParsersAreFuzzed(t *testing.T) {
	missing := wireParsers()
	for _, p := range module(t) {
		for what, target := range missing[p.name()] {
			if fuzzTargets(t, p.Dir)[target] {
				delete(missing[p.name()], what)
			}
		}
		if len(missing[p.name()]) == 0 {
			delete(missing, p.name())
		}
	}
	require.Empty(t, missing, "nobody fuzzes these")
}

// fuzzTargets are those of a folder's tests.
func fuzzTargets(t *testing.T, dir string) map[string]bool {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	require.NoError(t, err)
	targets := map[string]bool{}
	for _, name := range names {
		syntax, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, decl := range syntax.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Fuzz") {
				targets[f.Name.Name] = true
			}
		}
	}
	return targets
}
