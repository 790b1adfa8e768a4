// Package peers starts the real programs that Callcast is proven against - nginx-rtmp, Kamailio, baresip, linphone, SIPp - each
// on free ports of 127.0.0.1 with its files in the test's own folder, and stops it with the test. A missing program
// fails the test: `make test` installs them all.
package peers
