// Package speex reads what has to be known of a packet of Speex without decoding it.
package speex
