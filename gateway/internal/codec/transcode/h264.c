//go:build cgo && !nolibav

#include "av.h"

#include <libavcodec/avcodec.h>
#include <libswscale/swscale.h>
#include <string.h>

// The network says how large pictures are: this bounds what it can make us allocate.
enum { MAX_PIXELS = 4096 * 2304 };

struct cc_h264 {
	AVCodecContext *dec;
	AVFrame *frame; // the newest picture
	AVFrame *next;  // the one being decoded
	AVPacket *packet;
	struct SwsContext *scale;
};

cc_h264 *cc_h264_open(void)
{
	const AVCodec *codec = avcodec_find_decoder(AV_CODEC_ID_H264);
	cc_h264 *d = codec ? av_mallocz(sizeof *d) : NULL;
	if (!d)
		return NULL;
	d->dec = avcodec_alloc_context3(codec);
	d->frame = av_frame_alloc();
	d->next = av_frame_alloc();
	d->packet = av_packet_alloc();
	if (!d->dec || !d->frame || !d->next || !d->packet)
		goto fail;
	d->dec->thread_count = 1;
	d->dec->flags |= AV_CODEC_FLAG_LOW_DELAY;
	d->dec->max_pixels = MAX_PIXELS;
	if (avcodec_open2(d->dec, codec, NULL) < 0)
		goto fail;
	return d;
fail:
	cc_h264_close(d);
	return NULL;
}

int cc_h264_decode(cc_h264 *d, const uint8_t *data, int size)
{
	av_packet_unref(d->packet);
	if (av_new_packet(d->packet, size) < 0) // padded as libav wants it
		return AVERROR(ENOMEM);
	memcpy(d->packet->data, data, size);
	int err = avcodec_send_packet(d->dec, d->packet);
	if (err < 0)
		return err;
	int got = 0;
	while (avcodec_receive_frame(d->dec, d->next) >= 0) {
		AVFrame *newest = d->next;
		d->next = d->frame;
		d->frame = newest;
		got = 1;
	}
	return got;
}

void cc_h264_size(const cc_h264 *d, int *width, int *height)
{
	*width = d->frame->width;
	*height = d->frame->height;
}

int cc_h264_rgba(cc_h264 *d, uint8_t *dst, int width, int height)
{
	if (!d->frame->data[0])
		return -1;
	d->scale = sws_getCachedContext(d->scale, d->frame->width, d->frame->height, d->frame->format,
		width, height, AV_PIX_FMT_RGBA, SWS_FAST_BILINEAR, NULL, NULL, NULL);
	if (!d->scale)
		return -1;
	uint8_t *planes[4] = {dst};
	int strides[4] = {4 * width};
	return sws_scale(d->scale, (const uint8_t *const *)d->frame->data, d->frame->linesize, 0, d->frame->height,
		planes, strides);
}

void cc_h264_close(cc_h264 *d)
{
	if (!d)
		return;
	sws_freeContext(d->scale);
	av_packet_free(&d->packet);
	av_frame_free(&d->next);
	av_frame_free(&d->frame);
	avcodec_free_context(&d->dec);
	av_free(d);
}

void cc_quiet(void) { av_log_set_level(AV_LOG_QUIET); }
