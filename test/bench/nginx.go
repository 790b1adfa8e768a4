package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

const nginxConfig = `
load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
daemon off;
master_process off;
pid %[1]s/nginx.pid;
error_log %[1]s/error.log error;
events { worker_connections 512; }
rtmp {
  server {
    listen 127.0.0.1:%[2]d;
    chunk_size 4096;
    access_log off;
    application live { live on; }
  }
}
`

// nginx is the RTMP server between the contenders and the players.
type nginx struct {
	*child
	port int
}

func startNginx(ctx context.Context, dir string) (*nginx, error) {
	port, err := freeTCP()
	if err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, nginxConfig, dir, port), 0o600); err != nil {
		return nil, err
	}
	process, err := spawn(filepath.Join(dir, "nginx.log"), "nginx", "-p", dir, "-c", config)
	if err != nil {
		return nil, err
	}
	if err := process.await(ctx, "RTMP port", func() bool { return tcpAccepts(port) }); err != nil {
		process.stop()
		return nil, err
	}
	return &nginx{process, port}, nil
}

// url is where streams are published.
func (n *nginx) url() string { return fmt.Sprintf("rtmp://127.0.0.1:%d/%s", n.port, application) }

// address is where players connect.
func (n *nginx) address() string { return fmt.Sprintf("127.0.0.1:%d", n.port) }
