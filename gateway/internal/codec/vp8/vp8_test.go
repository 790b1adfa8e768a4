package vp8

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/media"
)

// frame is a frame with the header of VP8 and noise behind it.
func frame(key bool, width, height uint16, size int) []byte {
	b := make([]byte, size)
	random := rand.NewChaCha8([32]byte{byte(size), byte(width)})
	_, _ = random.Read(b)
	b[0] |= 1
	if key {
		b[0] &^= 1
		copy(b[3:], []byte{0x9D, 0x01, 0x2A})
		binary.LittleEndian.PutUint16(b[6:], width|0x4000)
		binary.LittleEndian.PutUint16(b[8:], height)
	}
	return b
}

// clip is a key picture and what refers to it, twice.
func clip() (units []*media.Unit) {
	f := &media.Format{Codec: media.VP8, Width: 640, Height: 360}
	for i := range 10 {
		key := i%5 == 0
		units = append(units, &media.Unit{Format: f, Key: key, Payload: frame(key, 640, 360, 900-80*i)})
	}
	return units
}

func packets(p *Packetiser, units []*media.Unit) (all []Packet) {
	for i, u := range units {
		payloads := p.Append(nil, u)
		for n, b := range payloads {
			all = append(all, Packet{Timestamp: uint32(i) * 3600, Marker: n == len(payloads)-1, Payload: b})
		}
	}
	return all
}

func push(packets []Packet, lost int) (pictures []Picture, d *Depacketiser) {
	d = NewDepacketiser(func(p Picture) { pictures = append(pictures, p) })
	for i, p := range packets {
		if i == lost {
			continue
		}
		p.Lost = i > 0 && i-1 == lost
		d.Push(p)
	}
	return pictures, d
}

func TestPacketisedUnitsComeBack(t *testing.T) {
	units := clip()
	for _, most := range []int{1, 100, 1200} {
		got, d := push(packets(&Packetiser{MaxPayload: most}, units), -1)
		require.Len(t, got, len(units))
		for i, u := range units {
			require.Equal(t, u.Payload, got[i].Payload, "at most %d, picture %d", most, i)
			require.Equal(t, u.Key, got[i].Key)
			require.False(t, got[i].Gap)
			require.Equal(t, uint32(i)*3600, got[i].Timestamp)
			require.Same(t, got[0].Format, got[i].Format, "the format did not change")
		}
		require.Equal(t, units[0].Format, got[0].Format)
		require.Equal(t, Counters{}, d.Counters())
		require.False(t, d.NeedKey())
	}
}

func TestPacketsAreAsWritten(t *testing.T) {
	p := &Packetiser{MaxPayload: 10, id: 0x7FFF}
	u := &media.Unit{Payload: []byte{1, 2, 3, 4, 5, 6, 7}}
	require.Equal(t, [][]byte{{0x90, 0x80, 0xFF, 0xFF, 1, 2, 3, 4, 5, 6}, {0x80, 0x80, 0xFF, 0xFF, 7}}, p.Append(nil, u))
	u.Payload = u.Payload[:1]
	require.Equal(t, [][]byte{{0x90, 0x80, 0x80, 0x00, 1}}, p.Append(nil, u), "the number of the picture begins anew")
	require.Equal(t, []byte{0x90, 0x80, 0x80, 0x01, 1}, p.Append(nil, u)[0])
}

func TestDescriptors(t *testing.T) {
	tests := map[string]struct {
		payload []byte
		data    []byte // nil: there is none
		first   bool
	}{
		"shortest":                {[]byte{0x10, 9}, []byte{9}, true},
		"goes on":                 {[]byte{0x00, 9}, []byte{9}, false},
		"second partition":        {[]byte{0x11, 9}, []byte{9}, false},
		"nobody refers to it":     {[]byte{0x30, 9}, []byte{9}, true},
		"short picture id":        {[]byte{0x90, 0x80, 0x7F, 9}, []byte{9}, true},
		"long picture id":         {[]byte{0x90, 0x80, 0xFF, 1, 9}, []byte{9}, true},
		"TL0PICIDX":               {[]byte{0x90, 0x40, 1, 9}, []byte{9}, true},
		"temporal layer":          {[]byte{0x90, 0x20, 0x40, 9}, []byte{9}, true},
		"key index":               {[]byte{0x90, 0x10, 3, 9}, []byte{9}, true},
		"layer and key index":     {[]byte{0x90, 0x30, 0x43, 9}, []byte{9}, true},
		"everything":              {[]byte{0x90, 0xF0, 0x80, 1, 2, 3, 9}, []byte{9}, true},
		"empty":                   {nil, nil, false},
		"nothing behind it":       {[]byte{0x10}, nil, false},
		"extensions are missing":  {[]byte{0x90}, nil, false},
		"cut within the id":       {[]byte{0x90, 0x80, 0x80, 1}, nil, false},
		"cut before the last one": {[]byte{0x90, 0xF0, 0x80, 1, 2}, nil, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d, ok := readDescriptor(test.payload)
			require.Equal(t, test.data != nil, ok)
			require.Equal(t, test.data, d.data)
			require.Equal(t, test.first, d.first)
		})
	}
}

// Every single packet in turn is lost: nothing that leaves may differ from what was sent, and nothing may leave between
// the loss and the next key picture.
func TestNoDamagedPictureLeaves(t *testing.T) {
	units := clip()
	for _, marked := range []bool{true, false} {
		input := packets(&Packetiser{MaxPayload: 200}, units)
		for i := range input {
			input[i].Marker = input[i].Marker && marked
		}
		last := 9
		if !marked {
			last = 8 // the last is not known to be complete
		}
		for lost := range input[:len(input)-1] {
			got, d := push(input, lost)
			hit := int(input[lost].Timestamp / 3600)
			var want, have []int
			for i := range last + 1 {
				if i < hit || hit < 5 && i >= 5 {
					want = append(want, i)
				}
			}
			for _, p := range got {
				i := int(p.Timestamp / 3600)
				have = append(have, i)
				require.Equal(t, units[i].Payload, p.Payload, "lost %d", lost)
			}
			if !marked && hit > 0 && input[lost-1].Timestamp != input[lost].Timestamp {
				want = slices.DeleteFunc(want, func(i int) bool { return i == hit-1 }) // its end may be what was lost
			}
			require.Equal(t, want, have, "lost packet %d of picture %d", lost, hit)
			if hit < 5 {
				require.True(t, got[slices.Index(have, 5)].Gap)
			}
			require.Equal(t, hit >= 5, d.NeedKey())
		}
	}
}

func TestDamageIsCounted(t *testing.T) {
	units := clip()
	input := packets(&Packetiser{MaxPayload: 200}, units)
	_, d := push(input, 1) // of the first key picture
	require.Equal(t, Counters{Damaged: 1, Spoilt: 1, Withheld: 4}, d.Counters())
	_, d = push(input, 0)
	require.Equal(t, Counters{Damaged: 1, Withheld: 4}, d.Counters(), "its kind is unknown")
}

func TestSizeChanges(t *testing.T) {
	units := clip()
	small := &media.Unit{Key: true, Payload: frame(true, 320, 180, 100)}
	got, _ := push(packets(&Packetiser{MaxPayload: 200}, []*media.Unit{units[0], small, units[1], units[0]}), -1)
	require.Len(t, got, 4)
	require.Equal(t, &media.Format{Codec: media.VP8, Width: 320, Height: 180}, got[1].Format)
	require.Same(t, got[1].Format, got[2].Format)
	require.Equal(t, 640, got[3].Format.Width)
}

func TestAwaitKey(t *testing.T) {
	units := clip()
	input := packets(&Packetiser{MaxPayload: 200}, units)
	var got []Picture
	d := NewDepacketiser(func(p Picture) { got = append(got, p) })
	for i, p := range input {
		if i == 2 {
			d.AwaitKey()
		}
		d.Push(p)
	}
	require.Len(t, got, 5)
	require.Equal(t, units[5].Payload, got[0].Payload)
	require.True(t, got[0].Gap)
}

func TestWhatIsNoPictureIsPassedOver(t *testing.T) {
	units := clip()
	padding := Packet{Timestamp: 3600, Payload: nil}
	bad := frame(true, 0, 0, 50)
	input := packets(&Packetiser{MaxPayload: 1200}, []*media.Unit{units[0], units[1], {Payload: bad}, units[1]})
	input = slices.Insert(input, 1, padding)
	got, d := push(input, -1)
	require.Len(t, got, 2, "a key picture without a size is damaged")
	require.True(t, d.NeedKey())
	require.Equal(t, Counters{Damaged: 1, Withheld: 1, Skipped: 1}, d.Counters())
}

func TestHostileInputIsBounded(t *testing.T) {
	d := NewDepacketiser(func(Picture) { t.Error("nothing to show") })
	piece := append([]byte{0}, make([]byte, 1400)...)
	d.Push(Packet{Payload: append([]byte{0x10}, frame(true, 640, 360, 1400)...)})
	for range 2 * maxPicture / len(piece) {
		d.Push(Packet{Payload: piece})
		require.LessOrEqual(t, cap(d.pic.Payload), 2*maxPicture)
	}
	d.Push(Packet{Timestamp: 1, Payload: []byte{0x10, 1}})
	require.NotZero(t, d.Counters().Damaged)
}

func FuzzDepacketiser(f *testing.F) {
	var seed []byte
	for _, p := range packets(&Packetiser{MaxPayload: 300}, clip()[:2]) {
		seed = binary.BigEndian.AppendUint16(seed, uint16(len(p.Payload)))
		seed = append(append(seed, byte(p.Timestamp/3600)<<2), p.Payload...)
	}
	f.Add(seed)
	f.Add([]byte{0, 3, 1, 0x90, 0x80, 0x80})
	f.Fuzz(func(t *testing.T, b []byte) {
		d := NewDepacketiser(func(p Picture) {
			if len(p.Payload) == 0 || p.Format == nil || p.Key != IsKey(p.Payload) {
				t.Fatalf("bad picture of %d bytes", len(p.Payload))
			}
		})
		for len(b) >= 3 {
			n := min(int(binary.BigEndian.Uint16(b)), len(b)-3)
			flags, payload := b[2], b[3:3+n:3+n]
			before := bytes.Clone(payload)
			d.Push(Packet{Timestamp: uint32(flags >> 2), Marker: flags&1 > 0, Lost: flags&2 > 0, Payload: payload})
			if !bytes.Equal(before, payload) {
				t.Fatal("input was changed")
			}
			b = b[3+n:]
		}
	})
}

func FuzzSize(f *testing.F) {
	f.Add(frame(true, 640, 360, 12))
	f.Fuzz(func(t *testing.T, b []byte) {
		w, h, err := Size(b)
		if err == nil && (w < 1 || h < 1 || w > 1<<14 || h > 1<<14) {
			t.Fatalf("size %dx%d", w, h)
		}
	})
}

func BenchmarkDepacketise(b *testing.B) {
	input := packets(&Packetiser{MaxPayload: 1200}, clip())
	b.ReportAllocs()
	for b.Loop() {
		d := NewDepacketiser(func(Picture) {})
		for _, p := range input {
			d.Push(p)
		}
	}
}
