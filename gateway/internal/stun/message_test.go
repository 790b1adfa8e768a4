package stun

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// answering is the request that an answer is for.
func answering(b []byte) (r Request) {
	copy(r[4:], b[min(len(b), 4):])
	return r
}

// TestReflectedAddress reads the answers that RFC 5769 gives as examples, and broken ones.
func TestReflectedAddress(t *testing.T) {
	const (
		software = "8022000b 7465737420766563746f7220 "
		id       = "b7e7a701bc34d686fa87dfae "
		four     = "0101003c 2112a442 " + id + software + "00200008 0001a147e112a643"
		six      = "01010048 2112a442 " + id + software + "00200014 0002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
		plain    = "0101000c 2112a442 " + id + "00010008 00018055c0000201"
	)
	for text, want := range map[string]string{
		four:                      "192.0.2.1:32853",
		six:                       "[2001:db8:1234:5678:11:2233:4455:6677]:32853",
		plain:                     "192.0.2.1:32853",
		"0101000c 2112a442 " + id: "", // nothing inside
		"0101000c 2112a443 " + id + "00010008 00018055c0000201": "", // not STUN
		"0111000c 2112a442 " + id + "00010008 00018055c0000201": "", // an error
		"0101000c 2112a442 " + id + "00010009 00018055c0000201": "", // longer than it is
		"0101000c 2112a442 " + id + "00200003 00018000":         "",
		"0101000c 2112a442 " + id + "00010008 00028055c0000201": "", // version six, it says
		"0101000c 2112a442 " + id + "00010008 0001805500000000": "",
		"0101000c 2112a442 " + id + "00010008 00010000c0000201": "", // port 0
		"0101000c 2112a442 " + id + "00200008 00012112e112a643": "", // port 0, masked
		"0101": "",
	} {
		b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
		require.NoError(t, err, text)
		before := string(b)
		told, ok := answering(b).Reflected(b)
		require.Equal(t, want != "", ok, text)
		if ok {
			require.Equal(t, want, told.String())
			_, ok = NewRequest().Reflected(b)
			require.False(t, ok, "the answer to another request")
		}
		require.Equal(t, before, string(b), "input is not modified")
	}
}

func TestMessages(t *testing.T) {
	r, other := NewRequest(), NewRequest()
	require.NotEqual(t, r, other)
	for _, b := range [][]byte{r[:], Indication()} {
		require.True(t, Is(b))
		require.False(t, Is(b[:headerSize-1]))
		b[0] = 0x80
		require.False(t, Is(b), "RTP")
	}
}

// FuzzReflected reads what a STUN server might answer.
func FuzzReflected(f *testing.F) {
	head := "\x01\x01\x00\x0c\x21\x12\xa4\x42abcdefghijkl"
	f.Add([]byte(head + "\x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43"))
	f.Add([]byte(head + "\x80\x22\x00\x03abc\x00\x00\x01\x00\x08\x00\x01\x80\x55\xc0\x00\x02\x01"))
	f.Add([]byte(head + "\x00\x20\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		before := string(b)
		if told, ok := answering(b).Reflected(b); ok && (!told.IsValid() || told.Port() == 0) {
			t.Fatal("no address was told as one")
		}
		if string(b) != before {
			t.Fatal("the input was changed")
		}
	})
}
