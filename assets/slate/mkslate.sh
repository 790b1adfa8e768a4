#!/bin/sh
# Makes the picture that stands in for missing video.
#
# slate.h264 is two IDR pictures that look the same and differ in idr_pic_id, so that they can follow each other in turn
# for ever. Slices stay small enough for packets that may not be fragmented (RFC 6184 packetization-mode 0).
# slate.vp8 is one key frame.
#
#   assets/slate/mkslate.sh          needs ffmpeg with libx264 and libvpx, and the font DejaVu Sans Bold
set -eu
cd "$(dirname "$0")"
font=${FONT:-/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf}
draw() {
	ffmpeg -v error -y -f lavfi -i "color=c=0x14181f:s=640x360:r=2:d=1" \
		-vf "drawtext=fontfile=$font:text=CALLCAST:fontcolor=0x8fa3bf:fontsize=64:x=(w-text_w)/2:y=(h-text_h)/2,format=yuv420p" "$@"
}
draw -frames:v 2 -c:v libx264 -profile:v baseline -level 3.0 -preset veryslow -tune stillimage -crf 26 \
	-x264-params "keyint=1:slice-max-size=1000:bframes=0:info=0:repeat-headers=1:sliced-threads=0:threads=1" \
	-bsf:v "filter_units=remove_types=6" -f h264 slate.h264
draw -frames:v 1 -c:v libvpx -deadline best -crf 10 -b:v 1M -f rawvideo slate.vp8
