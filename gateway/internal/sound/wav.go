package sound

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Bounds of what is played.
const (
	minRate     = 4000
	maxRate     = 192000
	maxSeconds  = 600
	maxChannels = 64
)

// Codes of the coding, as in the registry of Microsoft's wave formats.
const (
	tagPCM        = 1
	tagFloat      = 3
	tagALaw       = 6
	tagMuLaw      = 7
	tagExtensible = 0xFFFE
)

// subformat is how the GUIDs end that begin with a code, in the extensible format.
const subformat = "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xAA\x00\x38\x9B\x71"

// unfinished is the size of a chunk whose writer could not go back to fill it in. Others leave 0.
const unfinished = 0xFFFFFFFF

// header is what the format chunk says.
type header struct {
	tag      int
	channels int
	rate     int
	bits     int
}

// parse reads a whole file. A chunk that claims to be longer than the file ends with it.
func parse(b []byte) (*Clip, error) {
	if len(b) < 12 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WAVE" {
		return nil, broken("it does not begin with RIFF and WAVE")
	}
	var h *header
	for b = b[12:]; len(b) >= 8; {
		id, size := string(b[:4]), int(binary.LittleEndian.Uint32(b[4:]))
		b = b[8:]
		if id == "data" && (size == 0 || size == unfinished) {
			size = len(b)
		}
		chunk := b[:min(size, len(b))]
		switch {
		case id == "fmt ":
			var err error
			if h, err = parseHeader(chunk); err != nil {
				return nil, err
			}
		case id == "data" && h == nil:
			return nil, broken("the sound comes before its format")
		case id == "data":
			return h.decode(chunk)
		}
		b = b[min(size+size%2, len(b)):]
	}
	return nil, broken("it holds no sound")
}

func parseHeader(b []byte) (*header, error) {
	if len(b) < 16 {
		return nil, broken("its format is cut short")
	}
	word := func(at int) int { return int(binary.LittleEndian.Uint16(b[at:])) }
	h := &header{tag: word(0), channels: word(2), rate: int(binary.LittleEndian.Uint32(b[4:])), bits: word(14)}
	if h.tag == tagExtensible {
		if len(b) < 40 || !bytes.Equal(b[26:40], []byte(subformat)) {
			return nil, broken("its coding is not known")
		}
		h.tag = word(24)
	}
	switch {
	case h.channels < 1 || h.channels > maxChannels:
		return nil, broken("it has %d channels", h.channels)
	case h.rate < minRate || h.rate > maxRate:
		return nil, broken("it has %d samples a second, not %d to %d", h.rate, minRate, maxRate)
	case h.decoder() == nil:
		return nil, broken("its coding %d with %d bits is not PCM, float, A-law or mu-law", h.tag, h.bits)
	case word(12) != h.channels*h.bits/8:
		return nil, broken("its samples do not have the size of its coding")
	}
	return h, nil
}

func (h *header) decode(b []byte) (*Clip, error) {
	width := h.bits / 8
	frames := len(b) / (width * h.channels)
	switch {
	case frames == 0:
		return nil, broken("it holds no sound")
	case frames > maxSeconds*h.rate:
		return nil, broken("it is longer than %d minutes", maxSeconds/60)
	}
	sample := h.decoder()
	clip := &Clip{Samples: make([]int16, frames), Rate: h.rate}
	for i := range clip.Samples {
		sum := 0
		for range h.channels {
			sum += int(sample(b))
			b = b[width:]
		}
		clip.Samples[i] = int16(sum / h.channels)
	}
	return clip, nil
}

func broken(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrFormat, fmt.Sprintf(format, args...))
}
