#!/usr/bin/env bash
# Builds for 64-bit Windows with the MinGW compiler (Debian: gcc-mingw-w64-x86-64), without libav: windows.sh [VERSION]
set -euo pipefail
cd "$(dirname "$0")/.."

version=${1:-dev}
exe=fyne-cross/bin/windows-amd64/Callcast.exe
archive=fyne-cross/dist/callcast-$version-windows-amd64.zip

CGO_ENABLED=1 GOOS=windows GOARCH=amd64 CC=x86_64-w64-mingw32-gcc \
	go build -trimpath -tags nolibav -ldflags "-H=windowsgui -s -w -X callcast/app.Version=$version" -o "$exe" .
mkdir -p fyne-cross/dist
rm -f "$archive"
zip -qj "$archive" "$exe" README.md LICENSE CHANGELOG.md app/config/callcast.yaml
echo "$archive"
