package peers

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Nginx is an nginx-rtmp server. What is published to its application rec is written to FLV files.
type Nginx struct {
	Port    int
	dir     string
	process *process
}

const nginxConfig = `
load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
daemon off;
master_process off;
pid <<.Dir>>/nginx.pid;
error_log <<.Dir>>/error.log info;
events { worker_connections 512; }
rtmp {
  server {
    listen 127.0.0.1:<<.Port>>;
    chunk_size 4096;
    access_log off;
    application live { live on; }
    application rec { live on; record all; record_path <<.Dir>>; record_unique on; record_suffix .flv; }
  }
}
`

// StartNginx starts a server and waits until it listens.
func StartNginx(t testing.TB) *Nginx {
	n := &Nginx{Port: FreePorts(t, 1), dir: t.TempDir()}
	write(t, n.dir, "nginx.conf", nginxConfig, map[string]any{"Dir": n.dir, "Port": n.Port})
	n.Start(t)
	return n
}

// Start starts the server again after Kill.
func (n *Nginx) Start(t testing.TB) {
	n.process = start(t, n.dir, "nginx", "-p", n.dir, "-c", filepath.Join(n.dir, "nginx.conf"))
	n.process.listening(t, n.Address())
}

// Kill takes the server down without a word.
func (n *Nginx) Kill() { n.process.kill() }

// URL is the address of one of its applications.
func (n *Nginx) URL(app string) string { return "rtmp://" + n.Address() + "/" + app }

// Recordings are the FLV files of a stream name, oldest first.
func (n *Nginx) Recordings(t testing.TB, name string) []string {
	files, err := filepath.Glob(filepath.Join(n.dir, name+"-*.flv"))
	require.NoError(t, err)
	return files
}

// Log is what the server noted so far.
func (n *Nginx) Log(t testing.TB) string {
	text, err := os.ReadFile(filepath.Join(n.dir, "error.log"))
	require.NoError(t, err)
	return string(text)
}

// Address is its host:port.
func (n *Nginx) Address() string { return fmt.Sprintf("127.0.0.1:%d", n.Port) }
