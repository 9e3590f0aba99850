/// Resampling with Pillow's arithmetic: coefficient tables, the two passes, NEAREST, integer reduction, alpha.
///
/// A *plan* holds the tables of one resize; it is immutable, so threads may share it. All coordinates
/// are pixels of the whole source picture, of which only the plan's window is ever read.
#ifndef TESSERA_RESAMPLE_H
#define TESSERA_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

/// The filters, by Pillow's names and supports.
enum {
  TK_FILTER_BOX = 0,
  TK_FILTER_BILINEAR = 1,
  TK_FILTER_HAMMING = 2,
  TK_FILTER_BICUBIC = 3,
  TK_FILTER_LANCZOS = 4,
  TK_FILTER_MKS2013 = 5,
  TK_FILTER_MKS2021 = 6,
};

/// Which loops to run. All of them give the same bytes.
enum {
  /// The fastest that may run.
  TK_LOOPS_BEST = 0,
  /// The specification.
  TK_LOOPS_SCALAR = 1,
  /// Plain C for the compiler's vectoriser: the best where no others are.
  TK_LOOPS_PORTABLE = 2,
  /// x86-64 with AVX2 (2013).
  TK_LOOPS_AVX2 = 3,
  /// x86-64 with AVX-512 F, BW, VL, VBMI and VNNI (Ice Lake, Zen 4).
  TK_LOOPS_AVX512 = 4,
  /// arm64.
  TK_LOOPS_NEON = 5,
};

/// Whether this machine can run the loops of that number (1 or 0), and `TESSERA_SIMD` lets it.
int32_t tk_loops_available(int32_t number);

/// What a resize is to do.
typedef struct {
  int32_t filter;
  /// The source picture.
  int32_t in_width, in_height;
  /// The part of it to scale: left, top, right, bottom; inside of the picture, not empty.
  float box[4];
  int32_t out_width, out_height;
  /// Interleaved channels, 1 to 4 (16 bit: 1).
  int32_t channels;
  /// 1 or 2.
  int32_t bytes_per_channel;
  /// Whether the vertical pass comes first: the 8-bit intermediate makes the order visible.
  int32_t vertical_first;
  /// 16 bit: whether an overshoot is clipped byte by byte, as Pillow 11 does (12 and 13 clip the value).
  int32_t clip_bytes;
  /// One of `TK_LOOPS_…`; loops that may not run stand for the best that may.
  int32_t loops;
  /// The part of the resized picture to make: left, top, right, bottom, not empty; all 0 for the whole. The target
  /// has its size, the bytes are those of a crop after the resize.
  int32_t kept[4];
  /// 8 bit only: whether it is the source's mirror image that is resized. All above is in its coordinates; the source
  /// is read as it is, and the target gets the mirror image of what is made. (Its tables are not the mirrored
  /// tables: where an edge falls on half a pixel, the box filter takes the pixel on one side only.)
  int32_t mirrored;
} tk_resample_request;

typedef struct tk_resample_plan tk_resample_plan;

/// Makes the tables. Allocates; NULL when out of memory. The caller frees the plan.
tk_resample_plan *tk_resample_plan_new(const tk_resample_request *request);
void tk_resample_plan_free(tk_resample_plan *plan);

/// Which loops the plan runs, as `TK_LOOPS_…`: the horizontal pass's and the vertical pass's, 0 for a pass left out.
void tk_resample_loops(const tk_resample_plan *plan, int32_t loops[2]);

/// The source pixels that the plan reads: x0, y0, x1, y1, the ends left out.
void tk_resample_window(const tk_resample_plan *plan, int32_t window[4]);

/// Bytes of scratch memory that a run needs: a band of rows between the passes, not a picture.
size_t tk_resample_scratch_bytes(const tk_resample_plan *plan);

/// Resamples into the kept part. `source` is where pixel (0, 0) is or would be: nothing outside of the window is
/// touched.
void tk_resample_run(
  const tk_resample_plan *plan, const uint8_t *source, ptrdiff_t source_stride, uint8_t *target,
  ptrdiff_t target_stride, uint8_t *scratch);

/// A resize whose source rows come in pushes, as a decoder hands them over: no picture is in memory whole.
///
/// Not for two threads at once. Any heights of pushes give the bytes of one run.
typedef struct tk_resample_stream tk_resample_stream;

/// Bytes of scratch memory that a stream needs: the rows that outputs to come still need.
size_t tk_resample_stream_scratch_bytes(const tk_resample_plan *plan);

/// Begins a stream, the only allocation; NULL when out of memory. Plan, target and scratch are the caller's and must
/// outlive the stream, which the caller frees.
tk_resample_stream *tk_resample_stream_new(
  const tk_resample_plan *plan, uint8_t *target, ptrdiff_t target_stride, uint8_t *scratch);
void tk_resample_stream_free(tk_resample_stream *stream);

/// Takes the next `count` rows of the plan's window; pixel 0 of a row is the window's first column.
///
/// Writes every output row whose support is then complete. The rows may be overwritten afterwards; rows beyond the
/// window's last are ignored. Strips whose height is a multiple of 4 are the fastest.
void tk_resample_stream_push(
  tk_resample_stream *stream, const uint8_t *rows, ptrdiff_t stride, int32_t count);

/// Begins again with the window's first row: what was pushed does not count.
void tk_resample_stream_restart(tk_resample_stream *stream);

/// Output rows that are written: all of them once the whole window was pushed.
int32_t tk_resample_stream_finished_rows(const tk_resample_stream *stream);

/// NEAREST with Pillow's positions: the source index of each of `out` pixels along an axis, −1 for none.
///
/// 8 bit (`accumulate`): `x += (box1 − box0) / out` from half a step on, added up in double as Pillow does, so
/// that even the accumulated rounding agrees. 16 bit: `(i + ½) · step + box0`, as Pillow's general path.
void tk_nearest_indices(
  float box0, float box1, int32_t in, int32_t out, int32_t accumulate, int32_t *indices);

/// Copies the pixels that `columns` and `rows` name; −1 gives zeros.
void tk_nearest_run(
  const uint8_t *source, ptrdiff_t source_stride, int32_t bytes_per_pixel, const int32_t *columns,
  int32_t out_width, const int32_t *rows, int32_t out_height, uint8_t *target, ptrdiff_t target_stride);

/// Averages blocks of `factor_x` × `factor_y` pixels (smaller ones at the right and bottom), as Pillow's `reduce`.
///
/// `source` is the first pixel of the region of `width` × `height`; the target has
/// ceil(width / factor_x) × ceil(height / factor_y) pixels.
void tk_reduce_u8(
  const uint8_t *source, ptrdiff_t source_stride, int32_t width, int32_t height, int32_t channels,
  int32_t factor_x, int32_t factor_y, uint8_t *target, ptrdiff_t target_stride);

/// Multiplies colour by alpha (`t = c·a + 128; (t + (t >> 8)) >> 8`). `channels` is 2 or 4; source may be target.
void tk_premultiply_u8(
  const uint8_t *source, ptrdiff_t source_stride, int32_t width, int32_t height, int32_t channels,
  uint8_t *target, ptrdiff_t target_stride);

/// Divides colour by alpha: unchanged where alpha is 0 or 255, else `min(255, 255·c / a)`.
void tk_unpremultiply_u8(
  const uint8_t *source, ptrdiff_t source_stride, int32_t width, int32_t height, int32_t channels,
  uint8_t *target, ptrdiff_t target_stride);

#endif
