// One resize: two axes, their order, the rows or columns that the second pass needs of the first.
#include "resample_internal.h"

#include <stdlib.h>

struct tk_resample_plan {
  tk_resample_request request;
  // Whether a pass does anything: it is left out where neither size nor box changes its axis.
  int has_horizontal, has_vertical;
  tk_axis horizontal, vertical;
  const tk_loops *horizontal_loops, *vertical_loops;
  // Source pixels that are read: x0, y0, x1, y1.
  int32_t window[4];
};

const tk_loops *tk_loops_best(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return &tk_loops_avx2;
#endif
  return &tk_loops_portable;
}

// The window of an axis: [lowest first, highest end).
static void span_of(const tk_axis *axis, int32_t *from, int32_t *to) {
  *from = axis->first[0];
  *to = axis->first[axis->out - 1] + axis->count[axis->out - 1];
}

// Prepares one axis whose source begins at pixel `origin` and has `extent` pixels from there on.
static int init_axis(
  tk_resample_plan *plan, tk_axis *axis, int is_horizontal, int32_t in, float box0, float box1, int32_t out,
  int32_t *from, int32_t *to) {
  const tk_resample_request *r = &plan->request;
  const int fixed = r->bytes_per_channel == 1;
  if (tk_axis_init(axis, r->filter, in, box0, box1, out, fixed) != 0) return -1;
  span_of(axis, from, to);
  // The loops see the window only: pixel 0 is the window's first.
  for (int32_t i = 0; i < out; i++) axis->first[i] -= *from;
  axis->in = *to - *from;
  const tk_loops *loops = r->loops == TK_LOOPS_SCALAR     ? &tk_loops_scalar
                          : r->loops == TK_LOOPS_PORTABLE ? &tk_loops_portable
                                                          : tk_loops_best();
  if (fixed) {
    const int status =
      is_horizontal ? loops->prepare_horizontal(axis, r->channels) : loops->prepare_vertical(axis);
    if (status < 0) return -1;
    if (status > 0) loops = &tk_loops_scalar;
  }
  *(is_horizontal ? &plan->horizontal_loops : &plan->vertical_loops) = loops;
  return 0;
}

// A box of whole pixels and the target's size is copied, never filtered: with the magic kernels, whose weights at
// whole distances are not 0, that shows.
static int is_plain_crop(const tk_resample_request *r) {
  return r->box[0] == (float)(int32_t)r->box[0] && r->box[1] == (float)(int32_t)r->box[1]
    && r->box[2] - r->box[0] == (float)r->out_width && r->box[3] - r->box[1] == (float)r->out_height;
}

tk_resample_plan *tk_resample_plan_new(const tk_resample_request *request) {
  tk_resample_plan *plan = calloc(1, sizeof *plan);
  if (!plan) return NULL;
  const tk_resample_request r = plan->request = *request;
  plan->has_horizontal = r.out_width != r.in_width || r.box[0] != 0.0f || r.box[2] != (float)r.out_width;
  plan->has_vertical = r.out_height != r.in_height || r.box[1] != 0.0f || r.box[3] != (float)r.out_height;
  plan->window[2] = r.in_width;
  plan->window[3] = r.in_height;
  if (is_plain_crop(&r)) {
    for (int i = 0; i < 4; i++) plan->window[i] = (int32_t)r.box[i];
    plan->has_horizontal = plan->has_vertical = 0;
  }
  int status = 0;
  if (plan->has_horizontal) {
    status = init_axis(
      plan, &plan->horizontal, 1, r.in_width, r.box[0], r.box[2], r.out_width, &plan->window[0],
      &plan->window[2]);
  }
  if (status == 0 && plan->has_vertical) {
    status = init_axis(
      plan, &plan->vertical, 0, r.in_height, r.box[1], r.box[3], r.out_height, &plan->window[1],
      &plan->window[3]);
  }
  if (status != 0) {
    tk_resample_plan_free(plan);
    return NULL;
  }
  return plan;
}

void tk_resample_plan_free(tk_resample_plan *plan) {
  if (!plan) return;
  tk_axis_free(&plan->horizontal);
  tk_axis_free(&plan->vertical);
  free(plan);
}

void tk_resample_window(const tk_resample_plan *plan, int32_t window[4]) {
  for (int i = 0; i < 4; i++) window[i] = plan->window[i];
}

// Bytes of a row of the picture between the passes.
static ptrdiff_t middle_stride(const tk_resample_plan *plan) {
  const tk_resample_request *r = &plan->request;
  const int32_t width = r->vertical_first ? plan->window[2] - plan->window[0] : r->out_width;
  return (ptrdiff_t)width * r->channels * r->bytes_per_channel;
}

size_t tk_resample_scratch_bytes(const tk_resample_plan *plan) {
  if (!plan->has_horizontal || !plan->has_vertical) return 0;
  const int32_t rows =
    plan->request.vertical_first ? plan->request.out_height : plan->window[3] - plan->window[1];
  return (size_t)middle_stride(plan) * (size_t)rows;
}

static void run_horizontal(
  const tk_resample_plan *plan, const uint8_t *source, ptrdiff_t source_stride, uint8_t *target,
  ptrdiff_t target_stride, int32_t rows) {
  if (plan->request.bytes_per_channel == 2) {
    tk_horizontal_u16(
      &plan->horizontal, plan->request.clip_bytes, source, source_stride, target, target_stride, rows);
  } else {
    plan->horizontal_loops->horizontal(
      &plan->horizontal, plan->request.channels, source, source_stride, target, target_stride, rows);
  }
}

static void run_vertical(
  const tk_resample_plan *plan, const uint8_t *source, ptrdiff_t source_stride, uint8_t *target,
  ptrdiff_t target_stride, int32_t width) {
  if (plan->request.bytes_per_channel == 2) {
    tk_vertical_u16(
      &plan->vertical, plan->request.clip_bytes, source, source_stride, target, target_stride, width);
  } else {
    plan->vertical_loops->vertical(
      &plan->vertical, source, source_stride, target, target_stride, width * plan->request.channels);
  }
}

void tk_resample_run(
  const tk_resample_plan *plan, const uint8_t *source, ptrdiff_t source_stride, uint8_t *target,
  ptrdiff_t target_stride, uint8_t *scratch) {
  const tk_resample_request *r = &plan->request;
  const int32_t *window = plan->window;
  const int32_t columns = window[2] - window[0], rows = window[3] - window[1];
  const uint8_t *from =
    source + window[1] * source_stride + (ptrdiff_t)window[0] * r->channels * r->bytes_per_channel;
  const ptrdiff_t middle = middle_stride(plan);
  if (plan->has_horizontal && plan->has_vertical) {
    if (r->vertical_first) {
      run_vertical(plan, from, source_stride, scratch, middle, columns);
      run_horizontal(plan, scratch, middle, target, target_stride, r->out_height);
    } else {
      run_horizontal(plan, from, source_stride, scratch, middle, rows);
      run_vertical(plan, scratch, middle, target, target_stride, r->out_width);
    }
  } else if (plan->has_horizontal) {
    run_horizontal(plan, from, source_stride, target, target_stride, rows);
  } else if (plan->has_vertical) {
    run_vertical(plan, from, source_stride, target, target_stride, columns);
  } else {
    const size_t bytes = (size_t)r->out_width * (size_t)(r->channels * r->bytes_per_channel);
    for (int32_t y = 0; y < r->out_height; y++) {
      __builtin_memcpy(target + y * target_stride, from + y * source_stride, bytes);
    }
  }
}
