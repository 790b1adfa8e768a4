// Package qr makes QR codes of short texts, such as links that a phone is to open: byte mode, versions 1 to 10, error
// correction level M, as ISO/IEC 18004 has them. It draws nothing: whoever shows a Code paints its modules, with a quiet
// zone four modules wide around them. It holds no state and may be used from any goroutine.
package qr
