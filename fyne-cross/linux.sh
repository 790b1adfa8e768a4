#!/usr/bin/env bash
# Packs bin/callcast, as `make build` leaves it, for /usr/local of this kind of Linux: linux.sh [VERSION]
set -euo pipefail
cd "$(dirname "$0")/.."

version=${1:-dev}
name=callcast-$version-linux-$(go env GOARCH)
root=fyne-cross/tmp/$name

rm -rf "$root"
install -D bin/callcast "$root/bin/callcast"
install -D -m 644 fyne-cross/callcast.desktop "$root/share/applications/org.callcast.console.desktop"
install -D -m 644 assets/icon.png "$root/share/pixmaps/callcast.png"
install -D -m 644 -t "$root/share/doc/callcast" README.md LICENSE CHANGELOG.md app/config/callcast.yaml
mkdir -p fyne-cross/dist
tar -C fyne-cross/tmp --owner=0 --group=0 -czf "fyne-cross/dist/$name.tar.gz" "$name"
rm -r "$root"
echo "fyne-cross/dist/$name.tar.gz"
