package qr

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files")

// The worked example of 1-M in the tutorials: these bytes of data have these codewords of error correction.
func TestCheckOfAKnownMessage(t *testing.T) {
	data := []byte{32, 91, 11, 120, 209, 114, 220, 77, 67, 64, 236, 17, 236, 17, 236, 17}
	require.Equal(t, []byte{196, 35, 39, 119, 235, 215, 231, 226, 93, 23}, newField().check(data, 10))
}

// The values of ISO/IEC 18004, tables C.1 and D.1.
func TestFormatAndVersionOfTheStandard(t *testing.T) {
	require.Equal(t, 0b101010000010010, withRemainder(0, 10, 0x537)^0x5412)
	require.Equal(t, 0b100000011001110, withRemainder(5, 10, 0x537)^0x5412)
	require.Equal(t, 0b000111110010010100, withRemainder(7, 12, 0x1f25))
	require.Equal(t, 0b001010010011010011, withRemainder(10, 12, 0x1f25))
}

func TestSizeFollowsTheText(t *testing.T) {
	most := []int{14, 26, 42, 62, 84, 106, 122, 152, 180, 213} // bytes at level M
	for i, n := range most {
		c, err := Encode(strings.Repeat("x", n))
		require.NoError(t, err)
		require.Equal(t, 21+4*i, c.Size(), "%d bytes", n)
	}
	_, err := Encode(strings.Repeat("x", 214))
	require.ErrorContains(t, err, "214 bytes are too long")
}

// The golden files were read back with a scanner when they were made.
func TestKnownCodes(t *testing.T) {
	for name, text := range map[string]string{
		"link": "http://192.168.1.20:8081/play/studio", "short": "callcast",
		"large": "http://192.168.1.20:8081/play/" + strings.Repeat("0123456789", 18),
	} {
		c, err := Encode(text)
		require.NoError(t, err)
		path := filepath.Join("testdata", name+".txt")
		if *update {
			require.NoError(t, os.WriteFile(path, []byte(c.text()), 0o600))
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, string(want), c.text(), name)
	}
}

func (c *Code) text() string {
	var b strings.Builder
	for y := range c.size {
		for x := range c.size {
			b.WriteByte(" #"[map[bool]int{true: 1}[c.Dark(x, y)]])
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// TestReadBack takes codes of every version apart again, by the rules of a reader: format first, then mask, then
// codewords, then blocks.
func TestReadBack(t *testing.T) {
	for n := 1; n <= 213; n += 4 {
		text := strings.Repeat("Ж/a0?&", 40)[:n]
		c, err := Encode(text)
		require.NoError(t, err)
		require.Equal(t, text, read(t, c), "%d bytes", n)
	}
}

func read(t *testing.T, c *Code) string {
	t.Helper()
	number := (c.size - 17) / 4
	v := versions()[number-1]
	format := 0
	for i := range 8 {
		if c.Dark(c.size-1-i, 8) {
			format |= 1 << i
		}
	}
	for i := 8; i < 15; i++ {
		if c.Dark(8, c.size-15+i) {
			format |= 1 << i
		}
	}
	format = (format ^ 0x5412) >> 10
	require.Zero(t, format>>3, "level M")
	plain := &Code{size: c.size, dark: append([]bool{}, c.dark...), fixed: c.fixed}
	plain.mask(masks()[format&7])
	var bits []byte
	up := true
	for right := c.size - 1; right > 0; right -= 2 {
		if right == 6 {
			right--
		}
		for i := range c.size {
			y := i
			if up {
				y = c.size - 1 - i
			}
			for x := right; x > right-2; x-- {
				if !drawn(number, v).fixed[y*c.size+x] {
					bits = append(bits, map[bool]byte{true: 1}[plain.Dark(x, y)])
				}
			}
		}
		up = !up
	}
	words := make([]byte, len(bits)/8)
	for i := range 8 * len(words) {
		words[i/8] |= bits[i] << (7 - i%8)
	}
	return message(t, words, number, v)
}

func message(t *testing.T, words []byte, number int, v version) string {
	t.Helper()
	blocks := v.short + v.long
	data, check := make([][]byte, blocks), make([][]byte, blocks)
	next := 0
	for i := range v.data + 1 {
		for b := range blocks {
			if i < v.data || b >= v.short {
				data[b] = append(data[b], words[next])
				next++
			}
		}
	}
	for range v.check {
		for b := range blocks {
			check[b] = append(check[b], words[next])
			next++
		}
	}
	require.Len(t, words, next, "version %d", number)
	var all []byte
	for b := range blocks {
		require.Equal(t, newField().check(data[b], v.check), check[b], fmt.Sprint("block ", b))
		all = append(all, data[b]...)
	}
	var text []byte
	nibble := func(i int) int { return int(all[i/2]>>(4*(1-i%2))) & 15 }
	require.Equal(t, 4, nibble(0), "byte mode")
	at, length := 1, 0
	for range lengthBits(number) / 4 {
		length = length<<4 | nibble(at)
		at++
	}
	for range length {
		text = append(text, byte(nibble(at)<<4|nibble(at+1)))
		at += 2
	}
	return string(text)
}

func FuzzEncode(f *testing.F) {
	f.Add("http://127.0.0.1:8081/play/a")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Encode(text)
		if (err != nil) != (len(text) > 213) {
			t.Fatalf("%d bytes: %v", len(text), err)
		}
		if err == nil && read(t, c) != text {
			t.Fatalf("%q is read as %q", text, read(t, c))
		}
	})
}
