package arch

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPackagesExist keeps the other rules from speaking of packages that were renamed away.
func TestPackagesExist(t *testing.T) {
	below(t,
		".", "app", "app/config", "app/ring", "app/secrets", "assets", "ui", "ui/model", "ui/screen", "ui/widgets", "ui/theme",
		"gateway", "gateway/engine", "gateway/rest", "gateway/websdk", "gateway/gatewaytest", "gateway/demophone",
		"gateway/internal/media", "gateway/internal/clock", "gateway/internal/codec/h264", "gateway/internal/codec/transcode",
		"gateway/internal/ladder", "gateway/internal/source/device", "gateway/internal/sdp", "gateway/internal/stun", "gateway/internal/rtpio", "gateway/internal/sipua", "gateway/internal/rtmp",
		"gateway/internal/rtc", "gateway/internal/sink/webrtc", "gateway/internal/source/webrtc", "gateway/internal/source/still",
		"gateway/internal/playout", "gateway/internal/sound", "gateway/internal/slate", "gateway/internal/codec/vp8", "gateway/internal/codec/video",
		"gateway/internal/stream", "gateway/internal/source/sip", "gateway/internal/source/rtmp",
		"gateway/internal/sink/rtmp", "gateway/internal/sink/preview", "gateway/internal/call", "gateway/internal/bus",
		"test/peers", "test/interop", "test/window", "test/bench",
	)
}

func TestContractImportsStandardLibraryOnly(t *testing.T) {
	for _, p := range below(t, "gateway") {
		if p.name() != "gateway" {
			continue
		}
		for _, dep := range p.Deps {
			require.True(t, standard(dep), "gateway depends on %s", dep)
		}
	}
}

func TestGatewayKnowsNoConsole(t *testing.T) {
	for _, p := range below(t, "gateway") {
		for _, dep := range append(p.all(), p.Deps...) {
			require.False(t, inAny(dep, "callcast/ui", "callcast/app", "fyne.io"), "%s depends on %s", p.name(), dep)
		}
	}
}

// TestClientsSeeTheContractOnly: the console and the network interfaces can do only what the contract lets them.
func TestClientsSeeTheContractOnly(t *testing.T) {
	for root, also := range map[string][]string{
		"ui":             {"ui", "assets"},
		"gateway/rest":   {"gateway/rest"},
		"gateway/websdk": {"gateway/websdk"},
	} {
		for _, p := range below(t, root) {
			for _, dep := range p.Deps {
				if ours(dep) && within(dep) != "gateway" {
					require.True(t, inAny(within(dep), also...), "%s depends on %s", p.name(), dep)
				}
			}
			for _, dep := range p.all() {
				if ours(dep) && within(dep) != "gateway" {
					require.True(t, inAny(within(dep), append(also, "gateway/gatewaytest")...), "%s or its test imports %s", p.name(), dep)
				}
			}
			require.NotContains(t, p.Imports, "callcast/gateway/gatewaytest", "the fake is for tests of %s", p.name())
		}
	}
}

// TestOnlyTheProgramsStartTheDriver: everything else of the console is tested without a display.
func TestOnlyTheProgramsStartTheDriver(t *testing.T) {
	requireImporters(t, "fyne.io/fyne/v2/app", "app", "test/consoledemo")
}

// TestOneSubtreeForEachLibrary: what a library does wrong is mended in one place.
func TestOneSubtreeForEachLibrary(t *testing.T) {
	for library, subtrees := range map[string][]string{
		"fyne.io":                       {"ui", "app", "test/consoledemo"},
		"github.com/emiago/sipgo":       {"gateway/internal/sipua"},
		"github.com/icholy/digest":      {"gateway/internal/sipua"},
		"github.com/yutopp/go-rtmp":     {"gateway/internal/rtmp"},
		"github.com/yutopp/go-amf0":     {"gateway/internal/rtmp"},
		"github.com/zalando/go-keyring": {"app/secrets"},
		"github.com/pion/webrtc":        {"gateway/internal/rtc", "test/peers"},
		"github.com/pion/ice":           {"gateway/internal/rtc"},
		"github.com/pion/turn":          {"gateway/internal/rtc"},
		"github.com/pion/srtp":          {"gateway/internal/rtpio", "test/peers"},
		"github.com/pion/mediadevices":  {"gateway/internal/source/device"},
		"github.com/gen2brain/malgo":    {"gateway/internal/source/device", "app/ring"},
		"github.com/coder/websocket":    {"gateway/websdk", "test/peers"},
		"gopkg.in/yaml.v3":              {"app/config"},
		"C":                             {"gateway/internal/codec/transcode"},
	} {
		requireImporters(t, library, subtrees...)
	}
}

// requireImporters checks that a library is imported, tests included, below the given subtrees and nowhere else.
func requireImporters(t *testing.T, library string, subtrees ...string) {
	t.Helper()
	importers := 0
	for _, p := range module(t) {
		for _, imported := range p.all() {
			if in(imported, library) {
				require.True(t, inAny(p.name(), subtrees...), "%s imports %s", p.name(), imported)
				importers++
			}
		}
	}
	require.NotZero(t, importers, "nobody imports %s", library)
}

// TestMediaFlowsOneWay: a sink sees neither a source nor another sink, a source no sink and no other source, and the
// hub between them neither of them nor a codec. Engine and servers, which join them, stand outside.
func TestMediaFlowsOneWay(t *testing.T) {
	const ends = "gateway/internal/"
	for _, p := range below(t, ends+"stream", ends+"sink", ends+"source", ends+"media", ends+"clock") {
		for _, dep := range p.Deps {
			if !ours(dep) {
				continue
			}
			end := within(dep)
			other := inAny(end, ends+"sink", ends+"source") && !in(end, p.name())
			require.False(t, other, "%s depends on %s", p.name(), end)
			if in(p.name(), ends+"stream") {
				require.False(t, in(end, ends+"codec"), "the hub depends on %s", end)
			}
			leaf := inAny(p.name(), ends+"media", ends+"clock")
			require.False(t, leaf, "%s is a leaf and depends on %s", p.name(), end)
		}
	}
}

// TestNothingRegistersByImport: what exists stands in a table that one can read.
func TestNothingRegistersByImport(t *testing.T) {
	for _, f := range files(t) {
		for _, imported := range f.syntax.Imports {
			if imported.Name != nil && imported.Name.Name == "_" {
				require.Equal(t, "embed", strings.Trim(imported.Path.Value, `"`), "blank import in %s", f.path)
			}
		}
	}
}
