//go:build cgo && !nolibav

#include "picture.h"

#include "av.h"

#include <libavcodec/avcodec.h>
#include <libswscale/swscale.h>
#include <string.h>

// The network says how large pictures are: this bounds what it can make us allocate.
enum { MAX_PIXELS = 4096 * 2304 };

struct cc_picture {
	AVCodecContext *dec;
	AVFrame *frame; // the present picture
	AVFrame *next;  // the one being decoded
	AVPacket *packet;
	struct SwsContext *scale;
};

cc_picture *cc_picture_open(const char *name, int eager)
{
	const AVCodec *codec = avcodec_find_decoder_by_name(name);
	cc_picture *d = codec ? av_mallocz(sizeof *d) : NULL;
	if (!d)
		return NULL;
	d->dec = avcodec_alloc_context3(codec);
	d->frame = av_frame_alloc();
	d->next = av_frame_alloc();
	d->packet = av_packet_alloc();
	if (!d->dec || !d->frame || !d->next || !d->packet)
		goto fail;
	d->dec->thread_count = 1;
	if (eager)
		d->dec->flags |= AV_CODEC_FLAG_LOW_DELAY;
	d->dec->max_pixels = MAX_PIXELS;
	if (avcodec_open2(d->dec, codec, NULL) < 0)
		goto fail;
	return d;
fail:
	cc_picture_close(d);
	return NULL;
}

int cc_picture_send(cc_picture *d, const uint8_t *data, int size, int64_t pts)
{
	av_packet_unref(d->packet);
	if (av_new_packet(d->packet, size) < 0) // padded as libav wants it
		return AVERROR(ENOMEM);
	memcpy(d->packet->data, data, size);
	d->packet->pts = pts;
	return avcodec_send_packet(d->dec, d->packet);
}

int cc_picture_next(cc_picture *d)
{
	if (avcodec_receive_frame(d->dec, d->next) < 0)
		return 0;
	AVFrame *newest = d->next;
	d->next = d->frame;
	d->frame = newest;
	return 1;
}

void cc_picture_flush(cc_picture *d) { avcodec_flush_buffers(d->dec); }

int64_t cc_picture_pts(const cc_picture *d) { return d->frame->pts; }

void cc_picture_size(const cc_picture *d, int *width, int *height)
{
	*width = d->frame->width;
	*height = d->frame->height;
}

const AVFrame *cc_picture_frame(const cc_picture *d) { return d->frame; }

int cc_picture_rgba(cc_picture *d, uint8_t *dst, int width, int height)
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

void cc_picture_close(cc_picture *d)
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
