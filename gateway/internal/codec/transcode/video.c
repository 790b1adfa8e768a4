//go:build cgo && !nolibav

#include "av.h"
#include "picture.h"

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>

enum {
	TICKS = 1000000, // a second: timestamps of pictures are in microseconds
	RATE = 30,       // pictures a second, to begin with; H.264's bits are shared out by it
	NEVER = 1 << 20, // pictures between key pictures: we say which are
};

struct cc_video {
	AVCodecContext *enc;
	AVFrame *frame; // the picture being encoded
	AVPacket *packet;
	struct SwsContext *convert; // for pictures of another form than 4:2:0
};

// tune makes an encoder hand out each picture at once and at little cost.
static void tune(AVCodecContext *enc, int level)
{
	void *own = enc->priv_data;
	if (enc->codec_id == AV_CODEC_ID_H264) {
		enc->level = level;
		enc->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
		av_opt_set(own, "preset", "ultrafast", 0);
		av_opt_set(own, "tune", "zerolatency", 0);
		av_opt_set(own, "profile", "baseline", 0);
		av_opt_set(own, "forced-idr", "1", 0);
		av_opt_set(own, "sc_threshold", "0", 0);
		return;
	}
	av_opt_set(own, "deadline", "realtime", 0);
	av_opt_set_int(own, "cpu-used", 8, 0);
	av_opt_set_int(own, "lag-in-frames", 0, 0);
	av_opt_set_int(own, "auto-alt-ref", 0, 0);
	enc->rc_min_rate = enc->bit_rate; // makes it constant
	enc->qmin = 4;
	enc->qmax = 56;
}

int cc_video_known(const char *name) { return avcodec_find_encoder_by_name(name) != NULL; }

cc_video *cc_video_open(const char *name, int width, int height, int bit_rate, int level)
{
	const AVCodec *codec = avcodec_find_encoder_by_name(name);
	cc_video *v = codec ? av_mallocz(sizeof *v) : NULL;
	if (!v)
		return NULL;
	v->enc = avcodec_alloc_context3(codec);
	v->frame = av_frame_alloc();
	v->packet = av_packet_alloc();
	if (!v->enc || !v->frame || !v->packet)
		goto fail;
	v->enc->width = width;
	v->enc->height = height;
	v->enc->pix_fmt = AV_PIX_FMT_YUV420P;
	v->enc->time_base = (AVRational){1, TICKS};
	v->enc->framerate = (AVRational){RATE, 1};
	v->enc->bit_rate = v->enc->rc_max_rate = bit_rate;
	v->enc->rc_buffer_size = bit_rate / 2; // a key picture may not hold up what follows for long
	v->enc->gop_size = NEVER;
	v->enc->max_b_frames = 0;
	v->enc->thread_count = 1;
	tune(v->enc, level);
	if (avcodec_open2(v->enc, codec, NULL) < 0)
		goto fail;
	return v;
fail:
	cc_video_close(v);
	return NULL;
}

const uint8_t *cc_video_config(const cc_video *v, int *size)
{
	*size = v->enc->extradata_size;
	return v->enc->extradata;
}

// convert writes the picture as 4:2:0 into a frame of its own.
static int convert(cc_video *v, const AVFrame *from)
{
	v->convert = sws_getCachedContext(v->convert, from->width, from->height, from->format,
		v->enc->width, v->enc->height, AV_PIX_FMT_YUV420P, SWS_FAST_BILINEAR, NULL, NULL, NULL);
	if (!v->convert)
		return AVERROR(EINVAL);
	v->frame->format = AV_PIX_FMT_YUV420P;
	v->frame->width = v->enc->width;
	v->frame->height = v->enc->height;
	int err = av_frame_get_buffer(v->frame, 0);
	if (err >= 0)
		err = sws_scale(v->convert, (const uint8_t *const *)from->data, from->linesize, 0, from->height,
			v->frame->data, v->frame->linesize);
	return err;
}

// take makes the picture the one that is encoded, without copying it if it has the right form.
static int take(cc_video *v, const AVFrame *from)
{
	av_frame_unref(v->frame);
	int err = from->format == AV_PIX_FMT_YUV420P ? av_frame_ref(v->frame, from) : convert(v, from);
	if (err < 0)
		return err;
	v->frame->width = v->enc->width; // an odd last column or line is left out
	v->frame->height = v->enc->height;
	v->frame->pts = av_rescale(from->pts, TICKS, 1000000000);
	v->frame->pkt_duration = 0;
	return 0;
}

// encode encodes the picture that was taken, unless taking it failed.
static cc_packet encode(cc_video *v, int err, int key)
{
	cc_packet p = {0};
	v->frame->pict_type = key ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
	if (err >= 0)
		err = avcodec_send_frame(v->enc, v->frame);
	av_packet_unref(v->packet);
	if (err >= 0)
		err = avcodec_receive_packet(v->enc, v->packet);
	if (err < 0 && err != AVERROR(EAGAIN)) {
		p.pushed = err;
		return p;
	}
	p.pushed = 1;
	p.data = v->packet->data;
	p.size = v->packet->size;
	p.key = (v->packet->flags & AV_PKT_FLAG_KEY) != 0;
	return p;
}

cc_packet cc_video_encode(cc_video *v, const cc_picture *from, int key)
{
	return encode(v, take(v, cc_picture_frame(from)), key);
}

cc_packet cc_video_encode_planes(cc_video *v, const cc_planes *form, const uint8_t *y, const uint8_t *cb, const uint8_t *cr,
	int64_t pts, int key)
{
	static const enum AVPixelFormat formats[] = {AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUV422P, AV_PIX_FMT_YUV444P};
	AVFrame from = {
		.data = {(uint8_t *)y, (uint8_t *)cb, (uint8_t *)cr}, // it is only read
		.linesize = {form->y_stride, form->c_stride, form->c_stride},
		.width = form->width, .height = form->height, .format = formats[form->chroma],
	};
	av_frame_unref(v->frame);
	int err = convert(v, &from);
	v->frame->pts = av_rescale(pts, TICKS, 1000000000);
	return encode(v, err, key);
}

void cc_video_close(cc_video *v)
{
	if (!v)
		return;
	sws_freeContext(v->convert);
	av_packet_free(&v->packet);
	av_frame_free(&v->frame);
	avcodec_free_context(&v->enc);
	av_free(v);
}
