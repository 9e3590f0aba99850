#include <webp/decode.h>

#include "tc_internal.h"

static tc_status failure(VP8StatusCode code, tc_error *error) {
  switch (code) {
    case VP8_STATUS_OUT_OF_MEMORY: return tc_fail(error, TC_NO_MEMORY, 0, 0, NULL);
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED: return tc_fail(error, TC_TRUNCATED, 0, 0, "the picture's data end");
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return tc_fail(error, TC_UNSUPPORTED, 0, 0, "a feature of the bitstream");
    default: return tc_fail(error, TC_CORRUPT, 0, 0, "the bitstream breaks VP8's rules");
  }
}

/// Decodes into `pixels` as RGB or RGBA.
static tc_status decode(
    const uint8_t *bytes, size_t count, int32_t width, int32_t height, WEBP_CSP_MODE mode,
    uint8_t *pixels, size_t stride, tc_error *error) {
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) {
    return tc_fail(error, TC_UNSUPPORTED, 0, 0, "the installed libwebp");
  }
  VP8StatusCode code = WebPGetFeatures(bytes, count, &config.input);
  if (code != VP8_STATUS_OK) return failure(code, error);
  if (config.input.width != width || config.input.height != height) {
    return tc_fail(error, TC_CORRUPT, 0, 0, "two sizes that contradict each other");
  }
  config.output.colorspace = mode;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = pixels;
  config.output.u.RGBA.stride = (int)stride;
  config.output.u.RGBA.size = stride * (size_t)height;
  code = WebPDecode(bytes, count, &config);
  WebPFreeDecBuffer(&config.output);
  return code == VP8_STATUS_OK ? TC_OK : failure(code, error);
}

tc_status tc_webp_decode(
    const uint8_t *bytes, size_t count, int32_t width, int32_t height,
    const tc_conversion *conversion, uint8_t *pixels, size_t stride, tc_error *error) {
  // The size libwebp is given must not reach beyond the last row of a window into a larger picture.
  if (conversion->target == TC_RGB && conversion->alpha == TC_ALPHA_DROP
      && stride == (size_t)width * 3) {
    return decode(bytes, count, width, height, MODE_RGB, pixels, stride, error);
  }
  if (tc_conversion_is_copy(conversion) && stride == (size_t)width * 4) {
    return decode(bytes, count, width, height, MODE_RGBA, pixels, stride, error);
  }
  const size_t source_stride = (size_t)width * 4;
  uint8_t *rows = tk_scratch_take(source_stride * (size_t)height);
  if (!rows) {
    return tc_fail(error, TC_NO_MEMORY, (int64_t)(source_stride * (size_t)height), 0, NULL);
  }
  tc_status status =
      decode(bytes, count, width, height, MODE_RGBA, rows, source_stride, error);
  if (status == TC_OK) {
    tc_convert_rows(
        conversion, rows, source_stride, pixels, stride, (size_t)width, (size_t)height);
  }
  tk_scratch_give(rows);
  return status;
}
