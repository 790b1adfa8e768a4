package rtmptest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const nginxConfig = `load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
daemon off;
master_process off;
pid %[1]s/nginx.pid;
error_log %[1]s/error.log info;
events { worker_connections 256; }
rtmp {
	access_log off;
	server {
		listen 127.0.0.1:%[2]d;
		application live { live on; }
		application rec { live on; record all; record_path %[1]s; record_unique on; record_suffix .flv; }
	}
}
`

// Nginx is a real nginx with its rtmp module: application live relays, rec records too.
type Nginx struct {
	Port int
	dir  string
	cmd  *exec.Cmd
}

// NewNginx starts an nginx that ends with the test.
func NewNginx(t *testing.T) *Nginx {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	n := &Nginx{Port: l.Addr().(*net.TCPAddr).Port, dir: t.TempDir()}
	require.NoError(t, l.Close())
	config := fmt.Sprintf(nginxConfig, n.dir, n.Port)
	require.NoError(t, os.WriteFile(filepath.Join(n.dir, "nginx.conf"), []byte(config), 0o600))
	n.Start(t)
	t.Cleanup(n.Kill)
	return n
}

// Start starts it, for the first time or again, and waits until it listens.
func (n *Nginx) Start(t *testing.T) {
	t.Helper()
	n.cmd = exec.CommandContext(t.Context(), "nginx", "-e", filepath.Join(n.dir, "error.log"), "-c", filepath.Join(n.dir, "nginx.conf"))
	require.NoError(t, n.cmd.Start())
	require.Eventually(t, func() bool {
		nc, err := new(net.Dialer).DialContext(t.Context(), "tcp", n.address())
		if err != nil {
			return false
		}
		return nc.Close() == nil
	}, 5*time.Second, 10*time.Millisecond, "nginx does not listen")
}

// Kill kills it without warning.
func (n *Nginx) Kill() {
	_ = n.cmd.Process.Kill() // it may be dead already
	_ = n.cmd.Wait()
}

func (n *Nginx) address() string { return fmt.Sprintf("127.0.0.1:%d", n.Port) }

// URL is where to publish to one of its applications.
func (n *Nginx) URL(app string) string { return "rtmp://" + n.address() + "/" + app }

// Recordings are the files of what was published as name on rec, oldest first.
func (n *Nginx) Recordings(t *testing.T, name string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(n.dir, name+"-*.flv"))
	require.NoError(t, err)
	return files
}
