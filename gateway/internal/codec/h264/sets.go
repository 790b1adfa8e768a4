package h264

import (
	"bytes"

	"callcast/gateway/internal/media"
)

// sets keeps the parameter sets of a stream by their ids, and the format that the latest picture used.
type sets struct {
	sps    [maxSPSID + 1][]byte
	pps    map[uint32]pps
	active uint32 // the picture parameter set behind format
	format *media.Format
}

type pps struct {
	nal []byte
	sps uint32
}

// addSPS stores a copy of a sequence parameter set. A changed one takes with it the picture parameter sets that were
// made for the old one, so that a picture cannot be read with half of a new description.
func (s *sets) addSPS(nal []byte) bool {
	parsed, err := ParseSPS(nal)
	if err != nil {
		return false
	}
	if bytes.Equal(s.sps[parsed.ID], nal) {
		return true
	}
	s.sps[parsed.ID] = bytes.Clone(nal)
	for id, p := range s.pps {
		if p.sps == uint32(parsed.ID) {
			s.removePPS(id)
		}
	}
	return true
}

func (s *sets) addPPS(nal []byte) bool {
	if len(nal) < 2 || len(nal) > maxSetSize {
		return false
	}
	r := bitReader{b: nal[1:]}
	id, spsID := r.ue(), r.ue()
	if r.bad || id > maxPPSID || spsID > maxSPSID {
		return false
	}
	if bytes.Equal(s.pps[id].nal, nal) {
		return true
	}
	if s.pps == nil {
		s.pps = make(map[uint32]pps)
	}
	s.removePPS(id)
	s.pps[id] = pps{nal: bytes.Clone(nal), sps: spsID}
	return true
}

func (s *sets) removePPS(id uint32) {
	delete(s.pps, id)
	if s.active == id {
		s.format = nil
	}
}

// lookup returns the format of a picture that uses the picture parameter set id, nil if it was not received.
func (s *sets) lookup(id uint32) *media.Format {
	if s.format != nil && s.active == id {
		return s.format
	}
	p, ok := s.pps[id]
	if !ok {
		return nil
	}
	f, err := NewFormat(s.sps[p.sps], p.nal)
	if err != nil {
		return nil
	}
	s.active, s.format = id, f
	return f
}
