package h264

import (
	"encoding/hex"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/assets"
)

// Made by x264 and read by ffprobe; the High ones are cropped.
var spsTests = []struct {
	name, nal     string
	width, height int
	profile       byte
}{
	{"baseline", "6742c01edc0a02ff97011000000300100000030320f162f8", 640, 360, 66},
	{"cropped", "674d401edc0a02fea6c044000003000400000300c83c58be", 638, 358, 77},
	{"high 1080", "67641028acb80f0044fcb80880000003008000001902", 1920, 1080, 100},
	{"high odd", "6764100dacb82a33c44d80880000030008000003019020", 322, 182, 100},
	{"interlaced", "6764101eacf02818fcb8088000000300800000190a", 640, 368, 100},
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return b
}

func TestParseSPS(t *testing.T) {
	for _, tt := range spsTests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := ParseSPS(unhex(t, tt.nal))
			require.NoError(t, err)
			require.Equal(t, []int{tt.width, tt.height, int(tt.profile)}, []int{s.Width, s.Height, int(s.Profile)})
		})
	}
}

func TestReordering(t *testing.T) {
	for name, tt := range map[string]struct {
		nal  string
		want bool
	}{
		"two B-frames":     {"67f4000c919b282833f1b808800000030080000019078a14cb", true},
		"none":             {"67f4000c9196405067e37011000003000100000300320f142a48", false},
		"behind buffering": {"67f4000c919b282833f1b808800000030080000019301000f420003d09c98600f1429960", true},
		"not said":         {"67641028acb80f0044fcb80880000003008000001902", false},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := ParseSPS(unhex(t, tt.nal))
			require.NoError(t, err)
			require.Equal(t, tt.want, s.Reorders)
		})
	}
}

func TestParseSPSRefuses(t *testing.T) {
	good := unhex(t, spsTests[0].nal)
	for n := range len(good) - 5 {
		if s, err := ParseSPS(good[:n]); err == nil {
			require.Equal(t, spsTests[0].width, s.Width, "only the end, which is not read, may be missing")
		}
	}
	for _, bad := range [][]byte{nil, {typeSPS}, {typePPS, 66, 0, 30, 0xFF, 0xFF}, make([]byte, 4096), {typeSPS, 66, 0, 30, 0, 0, 0, 0}} {
		_, err := ParseSPS(bad)
		require.Error(t, err)
	}
}

func TestConfigRoundTrip(t *testing.T) {
	pps := []byte{typePPS | 0x60, 0xCE, 0x38, 0x80}
	for _, tt := range spsTests {
		sps := unhex(t, tt.nal)
		b := Config(sps, pps)
		require.Equal(t, []byte{1, sps[1], sps[2], sps[3], 0xFF, 0xE1, 0, byte(len(sps))}, b[:8])
		gotSPS, gotPPS, err := ParseConfig(b)
		require.NoError(t, err)
		require.Equal(t, sps, gotSPS)
		require.Equal(t, pps, gotPPS)
		short := b[:11+len(sps)+len(pps)]
		require.Equal(t, tt.profile >= 100, len(b) > len(short), "High profiles have a tail")
		for n := range short {
			_, _, err := ParseConfig(b[:n])
			require.Error(t, err, "cut at %d", n)
		}
	}
	require.Nil(t, Config([]byte{1, 2, 3}, pps))
}

func TestHighProfileConfigTail(t *testing.T) {
	i := slices.IndexFunc(spsTests, func(tt struct {
		name, nal     string
		width, height int
		profile       byte
	},
	) bool {
		return tt.profile == 100
	})
	b := Config(unhex(t, spsTests[i].nal), []byte{typePPS, 1, 2})
	require.Equal(t, []byte{0xFD, 0xF8, 0xF8, 0}, b[len(b)-4:], "4:2:0, 8 bits, no extensions")
}

func TestNALs(t *testing.T) {
	payload := AppendNAL(AppendNAL(AppendNAL(nil, []byte{1, 2}), nil), []byte{3})
	require.Equal(t, [][]byte{{1, 2}, {3}}, slices.Collect(NALs(payload)))
	require.Equal(t, [][]byte{{1, 2}}, slices.Collect(NALs(payload[:len(payload)-1])), "cut short")
	require.Empty(t, slices.Collect(NALs([]byte{0xFF, 0xFF, 0xFF, 0xFF, 1})))
}

func TestAnnexB(t *testing.T) {
	stream := []byte{9, 9, 0, 0, 0, 1, 7, 0, 3, 0, 0, 1, 8, 4, 0, 0, 0, 0, 1, 5, 0, 0}
	require.Equal(t, [][]byte{{7, 0, 3}, {8, 4}, {5}}, slices.Collect(AnnexB(stream)))
	require.Empty(t, slices.Collect(AnnexB([]byte{1, 2, 3, 0, 0})))
}

func TestSlateFitsUnfragmentedPackets(t *testing.T) {
	for nal := range AnnexB(assets.Slate()) {
		require.LessOrEqual(t, len(nal), 1100)
	}
}

func FuzzParseSPS(f *testing.F) {
	for _, tt := range spsTests {
		f.Add(unhex(f, tt.nal))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ParseSPS(b)
		if err == nil && (s.Width < 1 || s.Height < 1 || s.Width > 1<<14 || s.Height > 1<<15) {
			t.Fatalf("size %dx%d", s.Width, s.Height)
		}
		if config := Config(b, []byte{typePPS, 0}); config != nil {
			if sps, _, err := ParseConfig(config); err != nil || string(sps) != string(b) {
				t.Fatal("configuration does not come back")
			}
		}
	})
}

func FuzzNALs(f *testing.F) {
	f.Add(AppendNAL(nil, []byte{5, 1, 2}))
	f.Add([]byte{0, 0, 1, 7, 0, 0, 0, 1, 8})
	f.Fuzz(func(t *testing.T, b []byte) {
		for nal := range NALs(b) {
			if len(nal) == 0 {
				t.Fatal("empty")
			}
		}
		for nal := range AnnexB(b) {
			if len(nal) == 0 {
				t.Fatal("empty")
			}
		}
		_, _, _ = ParseConfig(b)
	})
}
