//go:build cgo && !nolibav

#include "av.h"

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <string.h>

struct cc_opus {
	AVCodecContext *enc;
	AVFrame *frame;
	AVPacket *packet;
};

cc_opus *cc_opus_open(int rate, int channels, int bit_rate)
{
	const AVCodec *codec = avcodec_find_encoder_by_name("libopus");
	cc_opus *o = codec ? av_mallocz(sizeof *o) : NULL;
	if (!o)
		return NULL;
	o->enc = avcodec_alloc_context3(codec);
	o->frame = av_frame_alloc();
	o->packet = av_packet_alloc();
	if (!o->enc || !o->frame || !o->packet)
		goto fail;
	o->enc->sample_rate = rate;
	o->enc->sample_fmt = AV_SAMPLE_FMT_S16;
	av_channel_layout_default(&o->enc->ch_layout, channels);
	o->enc->bit_rate = bit_rate;
	o->enc->thread_count = 1;
	o->enc->compression_level = 5; // less than two thirds of what the default, 10, costs
	av_opt_set(o->enc->priv_data, "frame_duration", "20", 0);
	av_opt_set(o->enc->priv_data, "application", channels == 1 ? "voip" : "audio", 0);
	if (avcodec_open2(o->enc, codec, NULL) < 0 || o->enc->frame_size != rate / 50)
		goto fail;
	o->frame->nb_samples = o->enc->frame_size;
	o->frame->format = AV_SAMPLE_FMT_S16;
	o->frame->sample_rate = rate;
	if (av_channel_layout_copy(&o->frame->ch_layout, &o->enc->ch_layout) < 0 || av_frame_get_buffer(o->frame, 0) < 0)
		goto fail;
	return o;
fail:
	cc_opus_close(o);
	return NULL;
}

int cc_opus_delay(const cc_opus *o)
{
	return o->enc->initial_padding;
}

int cc_opus_encode(cc_opus *o, const int16_t *samples, const uint8_t **data)
{
	int err = av_frame_make_writable(o->frame);
	if (err < 0)
		return err;
	memcpy(o->frame->data[0], samples, o->frame->nb_samples * o->enc->ch_layout.nb_channels * sizeof *samples);
	av_packet_unref(o->packet);
	err = avcodec_send_frame(o->enc, o->frame);
	if (err >= 0)
		err = avcodec_receive_packet(o->enc, o->packet);
	if (err < 0)
		return err;
	*data = o->packet->data;
	return o->packet->size;
}

void cc_opus_close(cc_opus *o)
{
	if (!o)
		return;
	av_packet_free(&o->packet);
	av_frame_free(&o->frame);
	avcodec_free_context(&o->enc);
	av_free(o);
}
