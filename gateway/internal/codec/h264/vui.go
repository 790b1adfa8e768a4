package h264

// reordered reads video usability information (ISO 14496-10 annex E.1.1) and reports whether it says that pictures come in
// another order than they are shown.
func reordered(r *bitReader) bool {
	const extendedSAR = 255
	if r.flag() && r.bits(8) == extendedSAR {
		r.bits(32)
	}
	if r.flag() { // overscan
		r.bit()
	}
	if r.flag() { // video_signal_type
		r.bits(4)
		if r.flag() {
			r.bits(24)
		}
	}
	if r.flag() { // chroma_loc_info
		r.ue()
		r.ue()
	}
	if r.flag() { // timing_info
		r.bits(32)
		r.bits(32)
		r.bit()
	}
	skipHRD(r)
	r.bit() // pic_struct_present_flag
	if !r.flag() {
		return false // it says nothing
	}
	r.bit() // motion_vectors_over_pic_boundaries_flag
	for range 4 {
		r.ue()
	}
	most := r.ue() // max_num_reorder_frames
	return !r.bad && most > 0
}

// skipHRD skips both sets of buffering parameters (annex E.1.2).
func skipHRD(r *bitReader) {
	present := false
	for range 2 {
		if !r.flag() {
			continue
		}
		present = true
		n := r.ue() + 1
		if n > 32 {
			r.bad = true
			return
		}
		r.bits(8)
		for range n {
			r.ue()
			r.ue()
			r.bit()
		}
		r.bits(20)
	}
	if present {
		r.bit() // low_delay_hrd_flag
	}
}
