package h264

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/assets"
	"callcast/gateway/internal/media"
)

// clip is a few pictures of the demo clip: an IDR, then what refers to it.
func clip(t testing.TB) (f *media.Format, units []*media.Unit) {
	t.Helper()
	stream, err := assets.ClipVideo(50)
	require.NoError(t, err)
	var sps, pps []byte
	for nal := range AnnexB(stream) {
		switch kind := nalType(nal); {
		case kind == typeSPS:
			sps = nal
		case kind == typePPS:
			pps = nal
		case isSlice(kind):
			if f == nil {
				f, err = NewFormat(sps, pps)
				require.NoError(t, err)
			}
			h, _ := readSlice(nal)
			if h.firstMB == 0 {
				units = append(units, &media.Unit{Format: f, Key: kind == typeIDR})
			}
			u := units[len(units)-1]
			u.Payload = AppendNAL(u.Payload, nal)
		}
		if len(units) == 12 {
			break
		}
	}
	return f, units
}

// packets cuts units into packets 3600 ticks apart.
func packets(p Packetiser, units []*media.Unit) (all []Packet) {
	for i, u := range units {
		payloads := p.Append(nil, u)
		for n, b := range payloads {
			all = append(all, Packet{Timestamp: uint32(i) * 3600, Marker: n == len(payloads)-1, Payload: b})
		}
	}
	return all
}

func push(packets []Packet, drop func(i int, p Packet) bool) (pictures []Picture, d *Depacketiser) {
	d = NewDepacketiser(func(p Picture) { pictures = append(pictures, p) })
	lost := false
	for i, p := range packets {
		if drop != nil && drop(i, p) {
			lost = true
			continue
		}
		p.Lost, lost = lost, false
		d.Push(p)
	}
	return pictures, d
}

func TestPacketisedUnitsComeBack(t *testing.T) {
	f, units := clip(t)
	require.True(t, units[0].Key)
	for _, p := range []Packetiser{{Mode: 1, MaxPayload: 200}, {Mode: 1, MaxPayload: 1200}, {Mode: 0, MaxPayload: 1200}} {
		input := packets(p, units)
		before := clonePackets(input)
		got, d := push(input, nil)
		require.Equal(t, before, input, "input was changed")
		require.Len(t, got, len(units))
		for i, u := range units {
			require.Equal(t, u.Payload, got[i].Payload, "mode %d, picture %d", p.Mode, i)
			require.Equal(t, u.Key, got[i].Key)
			require.False(t, got[i].Gap)
			require.Equal(t, uint32(i)*3600, got[i].Timestamp)
		}
		require.Equal(t, f, got[0].Format)
		require.Same(t, got[0].Format, got[len(got)-1].Format, "the format did not change")
		require.Equal(t, Counters{}, d.Counters())
	}
}

func TestPacketiserKeepsToItsLimits(t *testing.T) {
	_, units := clip(t)
	for _, p := range packets(Packetiser{Mode: 1, MaxPayload: 100}, units) {
		require.LessOrEqual(t, len(p.Payload), 100)
	}
	for _, p := range packets(Packetiser{Mode: 0, MaxPayload: 100}, units) {
		require.Less(t, nalType(p.Payload), byte(typeSTAPA), "mode 0 has single NAL units only")
	}
}

func TestPicturesEndWithoutMarkerToo(t *testing.T) {
	_, units := clip(t)
	input := packets(Packetiser{Mode: 1, MaxPayload: 300}, units)
	for i := range input {
		input[i].Marker = false
	}
	got, _ := push(input, nil)
	require.Len(t, got, len(units)-1, "the last is not known to be complete")
	require.Equal(t, units[3].Payload, got[3].Payload)
}

// Every single packet in turn is lost: nothing that leaves may differ from what was sent, and nothing may leave between
// the loss and the next IDR.
func TestNoDamagedPictureLeaves(t *testing.T) {
	_, units := clip(t)
	sent := slices.Concat(units[:5], units[:5]) // an IDR in the middle
	input := packets(Packetiser{Mode: 1, MaxPayload: 300}, sent)
	for lost := range input[:len(input)-1] {
		got, d := push(input, func(i int, _ Packet) bool { return i == lost })
		hit := int(input[lost].Timestamp / 3600)
		var want []int
		for i := range sent {
			if i < hit || i > hit && hit < 5 && i >= 5 {
				want = append(want, i)
			}
		}
		if first := input[lost].Payload; nalType(first) == typeSTAPA && hit == 5 {
			// Only the repeated parameter sets are gone: the IDR behind them is whole.
			want = []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
		}
		var have []int
		for _, p := range got {
			i := int(p.Timestamp / 3600)
			have = append(have, i)
			require.Equal(t, sent[i].Payload, p.Payload, "lost %d", lost)
		}
		if hit == 0 && nalType(input[lost].Payload) == typeSTAPA {
			want = []int{5, 6, 7, 8, 9} // never had parameter sets
		}
		require.Equal(t, want, have, "lost packet %d of picture %d", lost, hit)
		if len(got) > 0 && got[0].Timestamp == 5*3600 || hit > 0 && hit < 5 {
			require.True(t, got[slices.Index(have, 5)].Gap)
		}
		require.Equal(t, !slices.Contains(have, 9), d.NeedKey())
	}
}

func TestParameterSetsFromTheDescription(t *testing.T) {
	f, units := clip(t)
	input := packets(Packetiser{Mode: 1, MaxPayload: 1200}, units)[1:] // without the sets in band
	got, d := push(input, nil)
	require.Empty(t, got)
	require.True(t, d.NeedKey())

	d = NewDepacketiser(func(p Picture) { got = append(got, p) })
	d.AddSets(f.SPS, nil, f.PPS)
	for _, p := range input {
		d.Push(p)
	}
	require.Len(t, got, len(units))
	require.Equal(t, f, got[0].Format)
}

func TestParameterSetsChange(t *testing.T) {
	f, units := clip(t)
	slate := slices.Collect(AnnexB(assets.Slate()))
	other, err := NewFormat(slate[0], slate[1])
	require.NoError(t, err)
	require.NotEqual(t, f.SPS, other.SPS)
	key := &media.Unit{Format: other, Key: true}
	for _, nal := range slate[2:] {
		if !isSlice(nalType(nal)) {
			break
		}
		key.Payload = AppendNAL(key.Payload, nal)
	}
	got, _ := push(packets(Packetiser{Mode: 1, MaxPayload: 1200}, []*media.Unit{units[0], units[1], key, units[0]}), nil)
	require.Len(t, got, 4)
	require.Same(t, got[0].Format, got[1].Format)
	require.Equal(t, other, got[2].Format)
	require.Equal(t, f, got[3].Format)
	require.NotSame(t, got[0].Format, got[3].Format)

	// The new SPS arrives, its PPS does not: the IDR must not be read with the old one.
	input := []Packet{{Timestamp: 1, Payload: f.SPS}, {Timestamp: 1, Payload: f.PPS}}
	input = append(input, packets(Packetiser{MaxPayload: 1200}, []*media.Unit{key})[:1]...)
	for nal := range NALs(key.Payload) {
		input = append(input, Packet{Timestamp: 2, Payload: nal})
	}
	input[len(input)-1].Marker = true
	got, d := push(input, nil)
	require.Empty(t, got)
	require.True(t, d.NeedKey())
}

func TestUntrustworthyMarker(t *testing.T) {
	_, units := clip(t)
	slate := slices.Collect(AnnexB(assets.Slate()))
	var cut []Packet // two IDR pictures of several slices, a marker on every packet
	stamp := uint32(0)
	for _, nal := range slate {
		if IsSPS(nal) {
			stamp += 3600
		}
		cut = append(cut, Packet{Timestamp: stamp, Marker: true, Payload: nal})
	}
	require.Greater(t, len(cut), 6)
	cut = slices.Concat(cut, cut[:len(cut)/2], packets(Packetiser{Mode: 1, MaxPayload: 1200}, units[:1]))
	for i := range cut[len(slate) : len(slate)+len(slate)/2] {
		cut[len(slate)+i].Timestamp += 2 * 3600
	}
	got, d := push(cut, nil)
	require.NotZero(t, d.Counters().Damaged)
	require.True(t, d.distrust)
	last := got[len(got)-1]
	var nals [][]byte
	for nal := range NALs(last.Payload) {
		nals = append(nals, nal)
	}
	require.Equal(t, slate[2:len(slate)/2], nals, "all slices of the picture are together")
}

func TestHostileInputIsBounded(t *testing.T) {
	f, _ := clip(t)
	d := NewDepacketiser(func(Picture) { t.Error("nothing to show") })
	d.AddSets(f.SPS, f.PPS)
	piece := append([]byte{typeFUA, typeIDR}, make([]byte, 1400)...)
	start := slices.Clone(piece)
	start[1] |= 0x80
	d.Push(Packet{Payload: start})
	for range 2 * maxPicture / len(piece) {
		d.Push(Packet{Payload: piece})
		require.LessOrEqual(t, cap(d.pic.Payload), 2*maxPicture)
	}
	d.Push(Packet{Timestamp: 1, Payload: []byte{typeSEI, 1}})
	require.NotZero(t, d.Counters().Damaged)
}

func clonePackets(in []Packet) []Packet {
	out := slices.Clone(in)
	for i := range out {
		out[i].Payload = bytes.Clone(out[i].Payload)
	}
	return out
}

func FuzzDepacketiser(f *testing.F) {
	format, units := clip(f)
	var seed []byte
	for _, p := range packets(Packetiser{Mode: 1, MaxPayload: 300}, units[:2]) {
		seed = binary.BigEndian.AppendUint16(seed, uint16(len(p.Payload)))
		seed = append(append(seed, byte(p.Timestamp/3600)<<1), p.Payload...)
	}
	f.Add(seed)
	f.Add([]byte{0, 3, 1, typeSTAPA, 0, 9})
	f.Add([]byte{0, 2, 1, typeFUA, 0xC5, 0, 1, 1, typeFUA})
	f.Fuzz(func(t *testing.T, b []byte) {
		d := NewDepacketiser(func(p Picture) {
			size := 0
			for nal := range NALs(p.Payload) {
				size += lengthSize + len(nal)
			}
			if size != len(p.Payload) || size == 0 || p.Format == nil {
				t.Fatalf("bad picture: %d of %d bytes", size, len(p.Payload))
			}
		})
		d.AddSets(format.SPS, format.PPS)
		for len(b) >= 3 {
			n := min(int(binary.BigEndian.Uint16(b)), len(b)-3)
			flags, payload := b[2], b[3:3+n:3+n]
			before := bytes.Clone(payload)
			d.Push(Packet{Timestamp: uint32(flags >> 3), Marker: flags&1 > 0, Lost: flags&2 > 0, Payload: payload})
			if !bytes.Equal(before, payload) {
				t.Fatal("input was changed")
			}
			b = b[3+n:]
		}
	})
}

func BenchmarkDepacketise(b *testing.B) {
	_, units := clip(b)
	input := packets(Packetiser{Mode: 1, MaxPayload: 1200}, units)
	b.ReportAllocs()
	for b.Loop() {
		d := NewDepacketiser(func(Picture) {})
		for _, p := range input {
			d.Push(p)
		}
	}
}
