#!/bin/bash
# Makes the demo clip: 4 seconds that loop without a seam, a moving test card with sound.
#
#   from00.h264 .. from95.h264   the loop from frame N to its end; each begins with an IDR and has no other one,
#                                so a phone that is asked for a keyframe jumps to the next file and the picture runs on
#   loop.alaw                    the whole loop's sound, A-law 8 kHz
#
# What a checker reads from it (test/peers/content):
#   - two bars of 16 blocks, 40x24 px, in the top and in the bottom rows: a white guard, 14 bits (lowest first), a black
#     guard. Bits 0-6 are the frame number; bits 7-13 are a check on it, (number*K + 29) mod 127 with K = 45 in the top
#     bar and 83 in the bottom bar.
#   - at each full second the lamp (x 440-599, y 100-259) is white for 2 frames, and 1 kHz sounds for 80 ms.
# Slices stay below 1100 bytes so that they fit one packet each (RFC 6184 packetization-mode 0).
set -euo pipefail
cd "$(dirname "$0")"

FRAMES=100 STEP=5
FONT=/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf

bits() { # bits Y FIRST EXPRESSION: seven blocks, lowest bit first
	local k
	for k in 0 1 2 3 4 5 6; do
		printf ",drawbox=x=%d:y=%d:w=40:h=24:color=white:t=fill:enable='mod(floor((%s)/%d),2)'" \
			$((40 * ($2 + k))) "$1" "$3" $((1 << k))
	done
}

bar() { # bar Y K
	printf ",drawbox=x=0:y=%d:w=640:h=24:color=black:t=fill,drawbox=x=0:y=%d:w=40:h=24:color=white:t=fill" "$1" "$1"
	bits "$1" 1 n
	bits "$1" 8 "mod(n*$2+29,127)"
}

text() { # text SIZE X Y COLOUR STRING
	printf ",drawtext=fontfile=%s:fontsize=%s:x=%s:y=%s:fontcolor=%s:text='%s'" "$FONT" "$1" "$2" "$3" "$4" "$5"
}

card="null"
card+=",drawbox=x=0:y=300:w=640:h=36:color=0x0b1d33:t=fill"
i=0
for colour in e8e8e8 e0c040 40c0d0 40b060 b050b0 d05048 4060c0 202020; do
	card+=",drawbox=x=$((40 + 47 * i)):y=256:w=47:h=32:color=0x$colour:t=fill"
	i=$((i + 1))
done
card+=",drawbox=x=436:y=96:w=168:h=168:color=0x8fb3d9:t=4"
card+=",drawbox=x=440:y=100:w=160:h=160:color=0x14304f:t=fill"
card+="$(text 46 40 56 white CALLCAST)$(text 46 40 108 0x7fd0ff DEMO)"
card+="$(text 16 40 310 0xb8cce0 'flash and beep each second')"
lamp="drawbox=x=440:y=100:w=160:h=160:color=white:t=fill:enable='lt(mod(n,25),2)'"
clock="$(text 84 475 140 0x9fd8ff '%{eif\:trunc(n/25)+1\:d}')$(text 30 40 176 0xb8cce0 'frame %{eif\:n\:d\:3}')"
ball="overlay=x='40+(W-w-280)*(0.5-0.5*cos(2*PI*n/$FRAMES))':y='212+8*sin(2*PI*n/25)':eval=frame"

ffmpeg -nostdin -hide_banner -loglevel error -y \
	-f lavfi -i "gradients=s=640x360:r=25:c0=0x16324f:c1=0x0b1d33:n=2:x0=0:y0=0:x1=0:y1=360:speed=0.00001:d=4" \
	-f lavfi -i "color=0xffb347:s=28x28:r=25:d=4,format=rgba,geq=r='r(X,Y)':g='g(X,Y)':b='b(X,Y)':a='255*lt(hypot(X-13.5,Y-13.5),13.5)'" \
	-filter_complex "[0:v]format=rgb24,$card$clock[card];[card][1:v]$ball,$lamp$(bar 0 45)$(bar 336 83),format=yuv420p[v]" \
	-map '[v]' -frames:v $FRAMES -c:v ffv1 card.mkv

for ((n = 0; n < FRAMES; n += STEP)); do
	ffmpeg -nostdin -hide_banner -loglevel error -y -i card.mkv -vf "trim=start_frame=$n,setpts=PTS-STARTPTS" \
		-c:v libx264 -preset veryslow -threads 1 -profile:v baseline -level 3.1 -bf 0 -g 1000 -crf 21 \
		-x264-params "scenecut=0:aud=1:slice-max-size=1100:ref=1:weightp=0:rc-lookahead=0:mbtree=0:no-info=1" \
		-bsf:v 'filter_units=remove_types=6' -f h264 "$(printf 'from%02d.h264' $n)"
done

ffmpeg -nostdin -hide_banner -loglevel error -y -f lavfi -i \
	"aevalsrc='0.5*sin(2*PI*1000*t)*lt(mod(t,1),0.08)+(0.06+0.05*sin(2*PI*0.75*t))*(sin(2*PI*110*t)+0.6*sin(2*PI*165*t))':s=8000:d=4" \
	-c:a pcm_alaw -f alaw loop.alaw
rm card.mkv
ls -l
du -cb ./*.h264 loop.alaw | tail -1
