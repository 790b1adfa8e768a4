// Package opus reads what the gateway must know of a packet of Opus. It decodes nothing.
//
// Place in the media flow: the sources of RTP ask it how long a packet sounds.
package opus
