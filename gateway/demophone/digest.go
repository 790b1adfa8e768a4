package demophone

import (
	"crypto/md5" // what RFC 2617 digest asks for
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"strings"
)

const realm = "callcast-demo"

// Credentials are what a caller must prove to know.
type Credentials struct{ User, Password string }

// challenge is the header of a 401.
func challenge(nonce string) string {
	return fmt.Sprintf(`Digest realm="%s", nonce="%s", algorithm=MD5, qop="auth"`, realm, nonce)
}

// accepts checks an Authorization header (RFC 2617 section 3.2.2).
func (c *Credentials) accepts(authorization, method, nonce string) bool {
	scheme, rest, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Digest") {
		return false
	}
	p := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		k, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		p[strings.ToLower(k)] = strings.Trim(v, `"`)
	}
	if p["username"] != c.User || p["nonce"] != nonce || p["realm"] != realm {
		return false
	}
	ha1 := hash(c.User + ":" + realm + ":" + c.Password)
	ha2 := hash(method + ":" + p["uri"])
	want := hash(ha1 + ":" + nonce + ":" + ha2)
	if p["qop"] != "" {
		want = hash(strings.Join([]string{ha1, nonce, p["nc"], p["cnonce"], p["qop"], ha2}, ":"))
	}
	return subtle.ConstantTimeCompare([]byte(want), []byte(p["response"])) == 1
}

func hash(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}
