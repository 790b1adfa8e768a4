// Package voice knows of the codecs of telephones what does not need a decoder: how fast the clock of their RTP runs, how
// long a packet sounds, and whether it may be cut.
package voice
