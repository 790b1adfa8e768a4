package rtmp

import (
	"encoding/binary"
	"errors"
	"math"
)

// AMF0 markers (AMF 0 specification, section 2.1).
const (
	amfNumber      = 0
	amfBoolean     = 1
	amfString      = 2
	amfObject      = 3
	amfNull        = 5
	amfUndefined   = 6
	amfECMAArray   = 8
	amfObjectEnd   = 9
	amfStrictArray = 10
	amfDate        = 11
	amfLongString  = 12
	amfTypedObject = 16
)

// maxAMFDepth bounds nesting. Real peers nest twice.
const maxAMFDepth = 8

var errAMF = errors.New("malformed AMF")

// amfReader reads AMF0 values: float64, bool, string, map[string]any, []any, and nil for the rest. What it makes is
// never larger than a small multiple of the message it reads.
type amfReader struct{ b []byte }

// values reads all values up to the end or the first malformed one: peers append things that nobody can read.
func (r *amfReader) values() []any {
	var all []any
	for len(r.b) > 0 {
		v, err := r.value(0)
		if err != nil {
			break
		}
		all = append(all, v)
	}
	return all
}

func (r *amfReader) value(depth int) (any, error) {
	if depth > maxAMFDepth {
		return nil, errAMF
	}
	marker, err := r.take(1)
	if err != nil {
		return nil, err
	}
	switch marker[0] {
	case amfNumber:
		return r.number()
	case amfBoolean:
		b, err := r.take(1)
		return err == nil && b[0] != 0, err
	case amfString:
		return r.text(2)
	case amfLongString:
		return r.text(4)
	case amfNull, amfUndefined:
		return nil, nil
	case amfDate: // milliseconds and a reserved time zone
		_, err := r.take(10)
		return nil, err
	case amfECMAArray: // its count is a hint
		if _, err := r.take(4); err != nil {
			return nil, err
		}
		return r.object(depth)
	case amfTypedObject:
		if _, err := r.text(2); err != nil {
			return nil, err
		}
		return r.object(depth)
	case amfObject:
		return r.object(depth)
	case amfStrictArray:
		return r.array(depth)
	default:
		return nil, errAMF
	}
}

func (r *amfReader) object(depth int) (any, error) {
	o := map[string]any{}
	for {
		key, err := r.text(2)
		if err != nil {
			return nil, err
		}
		if key == "" && len(r.b) > 0 && r.b[0] == amfObjectEnd {
			r.b = r.b[1:]
			return o, nil
		}
		if o[key], err = r.value(depth + 1); err != nil {
			return nil, err
		}
	}
}

func (r *amfReader) array(depth int) (any, error) {
	count, err := r.take(4)
	if err != nil {
		return nil, err
	}
	var all []any
	for range binary.BigEndian.Uint32(count) {
		v, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

func (r *amfReader) number() (float64, error) {
	b, err := r.take(8)
	if err != nil {
		return 0, err
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b)), nil
}

// text reads a string behind a length of 2 or 4 bytes.
func (r *amfReader) text(width int) (string, error) {
	head, err := r.take(width)
	if err != nil {
		return "", err
	}
	n := 0
	for _, b := range head {
		n = n<<8 | int(b)
	}
	b, err := r.take(n)
	return string(b), err
}

func (r *amfReader) take(n int) ([]byte, error) {
	if n > len(r.b) {
		return nil, errAMF
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b, nil
}
