// Package conceal makes up sound in place of what was lost, for codecs whose decoders cannot: it goes on with the pitch of
// what was heard before, fading away, and blends into what comes after.
package conceal
