#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

#include "jpeg_baseline.h"
#include "tc_internal.h"

/// Pixels around a window that are decoded with it and thrown away: libjpeg enlarges the chroma from its neighbours.
/// One would do; the second is the field's habit.
enum { MARGIN = 2 };

/// Everything that must outlive a jump out of libjpeg.
typedef struct {
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_source_mgr source;
  struct jpeg_progress_mgr progress;
  jmp_buf jump;
  tc_error *error;
  tc_status status;
  const tc_jpeg_picture *picture;
  const tc_conversion *conversion;
  const tc_window *window;
  const tc_sink *sink;
  uint8_t *pixels;
  size_t stride;
  /// A decoded row, where it cannot be decoded in its place.
  uint8_t *row;
  /// Size of the (scaled) picture, and its rows so far.
  int32_t width, height;
  int32_t rows_decoded;
  /// The first column that libjpeg gives.
  int32_t left;
  /// The window's rows so far, and how many of them wait in the strip.
  int32_t rows_placed, waiting;
  /// Only the window is computed.
  int partly;
  int32_t fill;
  /// All rows are there; only the end marker is looked for.
  int finishing;
} decoder;

static decoder *self(j_common_ptr jpeg) { return jpeg->client_data; }

static tc_status status_of(int code) {
  switch (code) {
    case JERR_OUT_OF_MEMORY: return TC_NO_MEMORY;
    case JERR_ARITH_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_CCIR601_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL: return TC_UNSUPPORTED;
    default: return TC_CORRUPT;
  }
}

static void on_error(j_common_ptr jpeg) {
  decoder *d = self(jpeg);
  char message[JMSG_LENGTH_MAX];
  jpeg->err->format_message(jpeg, message);
  d->status = tc_fail(
      d->error, status_of(jpeg->err->msg_code), d->height, d->rows_decoded, message);
  longjmp(d->jump, 1);
}

static void on_message(j_common_ptr jpeg, int level) {
  if (level < 0) jpeg->err->num_warnings++;
}

static void on_output(j_common_ptr jpeg) { (void)jpeg; }

static void on_progress(j_common_ptr jpeg) {
  decoder *d = self(jpeg);
  int64_t scans = d->jpeg.input_scan_number;
  if (scans <= d->picture->max_scans) return;
  d->status = tc_fail(d->error, TC_LIMIT, d->picture->max_scans, scans, "scans of a JPEG");
  longjmp(d->jump, 1);
}

static void source_init(j_decompress_ptr jpeg) { (void)jpeg; }

/// The file is at its end and more is wanted.
static boolean source_fill(j_decompress_ptr jpeg) {
  static const JOCTET end_marker[2] = {0xFF, JPEG_EOI};
  decoder *d = self((j_common_ptr)jpeg);
  // Nobody needs the end marker.
  if (d->finishing) longjmp(d->jump, 1);
  if (!d->fill) {
    d->status = tc_fail(
        d->error, TC_TRUNCATED, d->height, d->rows_decoded, "the file ends");
    longjmp(d->jump, 1);
  }
  jpeg->src->next_input_byte = end_marker;
  jpeg->src->bytes_in_buffer = 2;
  return TRUE;
}

static void source_skip(j_decompress_ptr jpeg, long count) {
  if (count <= 0) return;
  size_t n = (size_t)count;
  struct jpeg_source_mgr *source = jpeg->src;
  if (n > source->bytes_in_buffer) n = source->bytes_in_buffer;
  source->next_input_byte += n;
  source->bytes_in_buffer -= n;
}

static void source_end(j_decompress_ptr jpeg) { (void)jpeg; }

static void set_up(decoder *d, const uint8_t *bytes, size_t count) {
  d->jpeg.err = jpeg_std_error(&d->errors);
  d->errors.error_exit = on_error;
  d->errors.emit_message = on_message;
  d->errors.output_message = on_output;
  d->jpeg.client_data = d;
  jpeg_create_decompress(&d->jpeg);
  d->source = (struct jpeg_source_mgr){
      .next_input_byte = bytes, .bytes_in_buffer = count, .init_source = source_init,
      .fill_input_buffer = source_fill, .skip_input_data = source_skip,
      .resync_to_restart = jpeg_resync_to_restart, .term_source = source_end};
  d->jpeg.src = &d->source;
  d->progress.progress_monitor = on_progress;
  d->jpeg.progress = &d->progress;
}

/// Where the window's next row belongs.
static uint8_t *next_place(decoder *d) {
  return d->pixels + (size_t)(d->sink ? d->waiting : d->rows_placed) * d->stride;
}

/// Hands the strip over when it is full or the window's last row is in it. `offset`: bytes before its first pixel.
static void placed(decoder *d, size_t offset) {
  d->rows_placed++;
  if (!d->sink) return;
  d->waiting++;
  if (d->waiting < d->sink->strip && d->rows_placed < d->window->height) return;
  d->sink->rows(d->sink->context, d->pixels + offset, d->stride, d->waiting);
  d->waiting = 0;
}

/// Reads one row; the window's columns of it go to their place if it is one of the window's.
static void read_row(decoder *d) {
  const tc_window *w = d->window;
  const size_t pixel = tc_layout_pixel_bytes(d->conversion->source);
  const size_t offset = (size_t)(w->x - d->left) * pixel;
  const int wanted = d->rows_decoded >= w->y && d->rows_placed < w->height;
  const int copies = tc_conversion_is_copy(d->conversion);
  // A strip has room for what libjpeg gives beside the window.
  const int fits = d->sink ? d->jpeg.output_width <= (JDIMENSION)w->width + TC_STRIP_SLACK
                           : d->jpeg.output_width == (JDIMENSION)w->width;
  const int in_place = wanted && copies && fits;
  JSAMPROW row = in_place ? next_place(d) : d->row;
  if (jpeg_read_scanlines(&d->jpeg, &row, 1) != 1) ERREXIT(&d->jpeg, JERR_INPUT_EOF);
  d->rows_decoded++;
  if (!wanted) return;
  if (!in_place) tc_convert_row(d->conversion, d->row + offset, next_place(d), (size_t)w->width);
  placed(d, in_place ? offset : 0);
}

/// Reads the window's rows, or all. A part begins and ends a margin outside of the window.
static void read_rows(decoder *d) {
  int32_t end = d->height;
  if (d->partly) {
    const tc_window *w = d->window;
    // No margin below: libjpeg reads ahead by itself for the last row's chroma.
    end = w->y + w->height;
    const int32_t above = w->y > MARGIN ? w->y - MARGIN : 0;
    if (above > 0) d->rows_decoded = (int32_t)jpeg_skip_scanlines(&d->jpeg, (JDIMENSION)above);
  }
  while (d->rows_decoded < end) read_row(d);
}

/// Tells libjpeg the columns that are needed.
static void crop_columns(decoder *d) {
  const tc_window *w = d->window;
  const int32_t from = w->x > MARGIN ? w->x - MARGIN : 0;
  const int32_t to = w->x + w->width < d->width - MARGIN ? w->x + w->width + MARGIN : d->width;
  JDIMENSION left = (JDIMENSION)from, width = (JDIMENSION)(to - from);
  if (left == 0 && to == d->width) return;
  jpeg_crop_scanline(&d->jpeg, &left, &width);
  d->left = (int32_t)left;
}

static int is_restart(int marker) { return marker >= JPEG_RST0 && marker <= JPEG_RST0 + 7; }

/// Whether a progressive file left some bits of its coefficients out: libjpeg then smooths over the edges of blocks,
/// and looks further around for it than a margin goes.
static int is_smoothed(const decoder *d) {
  if (!d->jpeg.coef_bits) return 0;
  for (int c = 0; c < d->jpeg.num_components; c++) {
    for (int k = 0; k < DCTSIZE2; k++) {
      if (d->jpeg.coef_bits[c][k] != 0) return 1;
    }
  }
  return 0;
}

/// Whether a whole decode of a file in one scan would come to a good end too: behind the window nothing but
/// entropy-coded data up to the end marker.
static int rest_is_plain(const decoder *d) {
  // Scans that were gathered first have been read to their end.
  if (jpeg_has_multiple_scans((j_decompress_ptr)&d->jpeg)) return 1;
  // A marker that libjpeg has met already.
  const int met = d->jpeg.unread_marker;
  if (met == JPEG_EOI) return 1;
  if (met != 0 && !is_restart(met)) return 0;
  const uint8_t *at = d->source.next_input_byte;
  const uint8_t *end = at + d->source.bytes_in_buffer;
  while (at < end && (at = memchr(at, 0xFF, (size_t)(end - at))) != NULL) {
    while (at < end && *at == 0xFF) at++;
    if (at == end) return 0;
    if (*at == JPEG_EOI) return 1;
    if (*at != 0 && !is_restart(*at)) return 0;
    at++;
  }
  return 0;
}

static void allocate_row(decoder *d) {
  // libjpeg never gives more than the picture's width.
  const size_t bytes = (size_t)d->width * 4;
  d->row = tk_scratch_take(bytes);
  if (d->row) return;
  d->status = tc_fail(d->error, TC_NO_MEMORY, (int64_t)bytes, 0, NULL);
  longjmp(d->jump, 1);
}

static void run(decoder *d) {
  const tc_jpeg_picture *p = d->picture;
  jpeg_read_header(&d->jpeg, TRUE);
  if (d->jpeg.image_width != (JDIMENSION)p->width || d->jpeg.image_height != (JDIMENSION)p->height
      || d->jpeg.num_components != p->components) {
    d->status = tc_fail(d->error, TC_CORRUPT, 0, 0, "two frame headers that contradict each other");
    longjmp(d->jump, 1);
  }
  if (p->components == 4) {
    d->jpeg.out_color_space = JCS_CMYK;
  } else {
    d->jpeg.out_color_space = d->conversion->source == TC_GRAY ? JCS_GRAYSCALE : JCS_RGB;
  }
  d->jpeg.dct_method = JDCT_ISLOW;
  d->jpeg.do_fancy_upsampling = TRUE;
  d->jpeg.scale_num = 1;
  d->jpeg.scale_denom = (unsigned)p->scale;
  if (!jpeg_start_decompress(&d->jpeg)) ERREXIT(&d->jpeg, JERR_INPUT_EOF);
  // Scaled blocks of components sampled four times as finely as others do not survive libjpeg's crop.
  if (p->scale > 1 && (d->jpeg.max_h_samp_factor > 2 || d->jpeg.max_v_samp_factor > 2)) d->partly = 0;
  if (is_smoothed(d)) d->partly = 0;
  if (d->partly) crop_columns(d);
  allocate_row(d);
  read_rows(d);
  if (d->partly) return;
  // What stands between the last row and the end marker must be segments, as for Pillow.
  d->finishing = 1;
  jpeg_finish_decompress(&d->jpeg);
}

/// Rows that libjpeg did not give: samples of 0 in the source's layout, as Pillow's fresh picture has.
static tc_status fill_rest(decoder *d) {
  const size_t width = (size_t)d->window->width;
  uint8_t *zeros = tk_scratch_take_zeros(width * 4);
  if (!zeros) return tc_fail(d->error, TC_NO_MEMORY, (int64_t)width * 4, 0, NULL);
  tc_conversion conversion = *d->conversion;
  // Pillow's picture holds plain CMYK: its zeros are no ink.
  if (conversion.source == TC_CMYK_INVERTED) conversion.source = TC_CMYK;
  while (d->rows_placed < d->window->height) {
    tc_convert_row(&conversion, zeros, next_place(d), width);
    placed(d, 0);
  }
  tk_scratch_give(zeros);
  return TC_OK;
}

/// One decode from the first byte on. A part that is not as good as a whole picture comes back as `TC_CORRUPT`.
static tc_status decode(decoder *d, const uint8_t *bytes, size_t count) {
  d->status = TC_OK;
  d->rows_decoded = d->rows_placed = d->waiting = d->left = d->finishing = 0;
  if (setjmp(d->jump) == 0) {
    set_up(d, bytes, count);
    run(d);
  }
  if (d->partly && d->status == TC_OK && (d->errors.num_warnings > 0 || !rest_is_plain(d))) d->status = TC_CORRUPT;
  // Anything but a want of memory or a limit may be filled, as Pillow ignores its decoder's errors then.
  const int fillable = !d->partly && d->fill && (d->status == TC_CORRUPT || d->status == TC_TRUNCATED);
  if (fillable) d->status = fill_rest(d);
  jpeg_destroy_decompress(&d->jpeg);
  tk_scratch_give(d->row);
  d->row = NULL;
  return d->status;
}

/// Sound files take half of the time without libjpeg.
static int is_decoded_without(const decoder *d, const uint8_t *bytes, size_t count) {
  const tc_jpeg_picture *p = d->picture;
  if (p->max_scans <= 0 || p->plain == 1 || p->components == 4) return 0;
  const request q = {p, d->conversion, d->window, d->sink, d->pixels, d->stride};
  if (tc_bl_decode(bytes, count, &q) == FINE) return 1;
  if (d->sink) d->sink->rows(d->sink->context, NULL, 0, 0);
  return 0;
}

tc_status tc_jpeg_decode(
    const uint8_t *bytes, size_t count, const tc_jpeg_picture *picture, const tc_conversion *conversion,
    int32_t fill, const tc_window *window, const tc_sink *sink, uint8_t *pixels, size_t stride, tc_error *error) {
  decoder *d = tk_scratch_take_zeros(sizeof *d);
  if (!d) return tc_fail(error, TC_NO_MEMORY, (int64_t)sizeof *d, 0, NULL);
  d->error = error;
  d->picture = picture;
  d->conversion = conversion;
  d->fill = fill;
  d->width = (picture->width + picture->scale - 1) / picture->scale;
  d->height = (picture->height + picture->scale - 1) / picture->scale;
  const tc_window whole = {0, 0, d->width, d->height};
  d->window = window ? window : &whole;
  d->sink = sink;
  d->pixels = pixels;
  d->stride = stride;
  if (is_decoded_without(d, bytes, count)) {
    tk_scratch_give(d);
    return TC_OK;
  }
  if (picture->plain == 2) {
    tk_scratch_give(d);
    return tc_fail(error, TC_UNSUPPORTED, 0, 0, "left to libjpeg");
  }
  d->partly = window && (window->width < d->width || window->height < d->height);
  tc_status status = decode(d, bytes, count);
  if (d->partly && (status == TC_CORRUPT || status == TC_TRUNCATED)) {
    d->partly = 0;
    if (sink) sink->rows(sink->context, NULL, 0, 0);
    status = decode(d, bytes, count);
  }
  tk_scratch_give(d);
  return status;
}
