// What the encoder of pictures sees of the decoder.
#ifndef CALLCAST_PICTURE_H
#define CALLCAST_PICTURE_H

#include "av.h"

#include <libavutil/frame.h>

// The present picture. It has no data if there is none.
const AVFrame *cc_picture_frame(const cc_picture *d);

#endif
