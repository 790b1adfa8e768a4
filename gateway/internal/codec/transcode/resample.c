//go:build cgo && !nolibav

#include "av.h"

#include <libavutil/samplefmt.h>
#include <libswresample/swresample.h>

int cc_resample(const int16_t *in, int n, int from, int to, int16_t *out, int room)
{
	AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;
	SwrContext *swr = NULL;
	int err = swr_alloc_set_opts2(&swr, &mono, AV_SAMPLE_FMT_S16, to, &mono, AV_SAMPLE_FMT_S16, from, 0, NULL);
	if (err >= 0)
		err = swr_init(swr);
	int made = 0;
	const uint8_t *src = (const uint8_t *)in;
	for (int last = 0; err >= 0 && last < 2; last++) { // first the samples, then what the filter holds back
		uint8_t *dst = (uint8_t *)(out + made);
		err = swr_convert(swr, &dst, room - made, last ? NULL : &src, last ? 0 : n);
		if (err > 0)
			made += err;
	}
	swr_free(&swr);
	return err < 0 ? err : made;
}
