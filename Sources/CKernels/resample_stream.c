// Running a plan: rows of the window come in pushes of any height, output rows leave as soon as their support is
// complete. What lies between the passes is a band of rows that stays in the cache, never a picture.
#include "resample_internal.h"

#include <string.h>

enum {
  // Rows that go through one pass before the next one takes them: short enough that 4000 pixels stay in L2.
  BATCH = 16,
  // Rows that slide in between two moves of the kept ones.
  SLIDE = 2 * BATCH,
};

static ptrdiff_t pixel_bytes(const tk_resample_plan *plan) {
  return plan->request.channels * plan->request.bytes_per_channel;
}

// An odd number of cache lines: with a power of two, the rows of a column would fight for the same lines.
static size_t row_stride(ptrdiff_t bytes) { return (((size_t)bytes + 63) / 64 | 1) * 64; }

size_t tk_stream_layout(const tk_resample_plan *plan, int is_streamed, tk_resample_stream *stream) {
  const tk_resample_request *r = &plan->request;
  const size_t in_row = row_stride((plan->window[2] - plan->window[0]) * pixel_bytes(plan));
  const size_t out_row = row_stride(plan->out_width * pixel_bytes(plan));
  const int is_banded = plan->has_horizontal && plan->has_vertical && !r->vertical_first;
  size_t kept = 0, middle = 0;
  stream->kept_room = 0;
  if (is_banded) {
    stream->kept_room = plan->vertical.longest + SLIDE;
    kept = (size_t)stream->kept_room * out_row;
  } else if (plan->has_vertical) {
    // In one push, source rows are used where they are. Else: what outputs that began before a push need of the rows
    // before it, and of its own.
    stream->kept_room = is_streamed ? 2 * plan->vertical.longest : 0;
    kept = (size_t)stream->kept_room * in_row;
    if (plan->has_horizontal) middle = BATCH * in_row;
  }
  stream->kept_stride = (ptrdiff_t)(is_banded ? out_row : in_row);
  stream->middle_stride = (ptrdiff_t)in_row;
  return kept + middle;
}

size_t tk_resample_scratch_bytes(const tk_resample_plan *plan) {
  tk_resample_stream stream;
  return tk_stream_layout(plan, 0, &stream);
}

size_t tk_resample_stream_scratch_bytes(const tk_resample_plan *plan) {
  tk_resample_stream stream;
  return tk_stream_layout(plan, 1, &stream);
}

static void begin(
  tk_resample_stream *s, const tk_resample_plan *plan, int is_streamed, uint8_t *target, ptrdiff_t target_stride,
  uint8_t *scratch) {
  *s = (tk_resample_stream){.plan = plan, .target = target, .target_stride = target_stride};
  tk_stream_layout(plan, is_streamed, s);
  s->kept = scratch;
  s->middle = scratch + (size_t)s->kept_room * (size_t)s->kept_stride;
}

// MARK: the passes

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

// The outputs `from` to `to` of `width` pixels; `source` is row `origin` of the axis.
static void run_vertical(
  const tk_resample_plan *plan, int32_t from, int32_t to, const uint8_t *source, int32_t origin,
  ptrdiff_t source_stride, uint8_t *target, ptrdiff_t target_stride, int32_t width) {
  if (plan->request.bytes_per_channel == 2) {
    tk_vertical_u16(
      &plan->vertical, plan->request.clip_bytes, from, to, source, origin, source_stride, target, target_stride,
      width);
  } else {
    plan->vertical_loops->vertical(
      &plan->vertical, from, to, source, origin, source_stride, target, target_stride,
      width * plan->request.channels);
  }
}

// The first output from `from` on whose support goes beyond row `end` of the axis.
static int32_t complete_before(const tk_axis *axis, int32_t from, int32_t end) {
  while (from < axis->out && axis->first[from] + axis->count[from] <= end) from++;
  return from;
}

// Writes the outputs up to `to`: vertical, then horizontal if that is to come. `source` is row `origin`.
static void emit(
  tk_resample_stream *s, int32_t to, const uint8_t *source, int32_t origin, ptrdiff_t source_stride) {
  const tk_resample_plan *plan = s->plan;
  uint8_t *target = s->target + s->next * s->target_stride;
  if (!plan->has_horizontal || !plan->request.vertical_first) {
    const int32_t width = plan->has_horizontal ? plan->out_width : plan->window[2] - plan->window[0];
    run_vertical(plan, s->next, to, source, origin, source_stride, target, s->target_stride, width);
    s->next = to;
    return;
  }
  while (s->next < to) {
    const int32_t rows = to - s->next < BATCH ? to - s->next : BATCH;
    run_vertical(
      plan, s->next, s->next + rows, source, origin, source_stride, s->middle, s->middle_stride,
      plan->window[2] - plan->window[0]);
    run_horizontal(plan, s->middle, s->middle_stride, target, s->target_stride, rows);
    s->next += rows;
    target += rows * s->target_stride;
  }
}

// MARK: the kept rows

// Where the next kept row goes. Rows that no output to come needs make way if `rows` have no room.
static uint8_t *room_for(tk_resample_stream *s, int32_t rows) {
  if (s->kept_count + rows > s->kept_room) {
    const tk_axis *axis = &s->plan->vertical;
    int32_t passed = s->next < axis->out ? axis->first[s->next] - s->kept_first : s->kept_count;
    if (passed > s->kept_count) passed = s->kept_count;
    s->kept_first += passed;
    s->kept_count -= passed;
    memmove(
      s->kept, s->kept + passed * s->kept_stride, (size_t)s->kept_count * (size_t)s->kept_stride);
  }
  return s->kept + s->kept_count * s->kept_stride;
}

// Copies `count` source rows, the first of which is row `row` of the axis.
static void keep(tk_resample_stream *s, int32_t row, const uint8_t *rows, ptrdiff_t stride, int32_t count) {
  if (count <= 0) return;
  if (s->kept_count == 0) s->kept_first = row;
  uint8_t *to = room_for(s, count);
  const size_t bytes = (size_t)((s->plan->window[2] - s->plan->window[0]) * pixel_bytes(s->plan));
  for (int32_t i = 0; i < count; i++) memcpy(to + i * s->kept_stride, rows + i * stride, bytes);
  s->kept_count += count;
}

// Both passes, horizontal first: the kept rows are the horizontal pass's.
static void push_banded(tk_resample_stream *s, const uint8_t *rows, ptrdiff_t stride, int32_t count) {
  const tk_resample_plan *plan = s->plan;
  while (count > 0) {
    const int32_t batch = count < BATCH ? count : BATCH;
    uint8_t *to = room_for(s, batch);
    run_horizontal(plan, rows, stride, to, s->kept_stride, batch);
    s->kept_count += batch;
    rows += batch * stride;
    count -= batch;
    const int32_t done = complete_before(&plan->vertical, s->next, s->kept_first + s->kept_count);
    emit(s, done, s->kept, s->kept_first, s->kept_stride);
  }
}

// The vertical pass on source rows: in place where a support lies in this push, else on kept copies.
static void push_vertical(tk_resample_stream *s, const uint8_t *rows, ptrdiff_t stride, int32_t count) {
  const tk_axis *axis = &s->plan->vertical;
  const int32_t start = s->taken, end = start + count;
  // The outputs that begin before these rows.
  int32_t straddling = s->next;
  while (straddling < axis->out && axis->first[straddling] < start) straddling++;
  if (straddling > s->next) {
    const int32_t complete = axis->first[straddling - 1] + axis->count[straddling - 1];
    const int32_t until = complete < end ? complete : end;
    keep(s, start, rows, stride, until - start);
    emit(s, complete_before(axis, s->next, until), s->kept, s->kept_first, s->kept_stride);
    if (s->next < straddling) return;
  }
  emit(s, complete_before(axis, s->next, end), rows, start, stride);
  s->kept_count = 0;
  if (s->next == axis->out) return;
  const int32_t first = axis->first[s->next];
  keep(s, first, rows + (first - start) * stride, stride, end - first);
}

static void push_copies(tk_resample_stream *s, const uint8_t *rows, ptrdiff_t stride, int32_t count) {
  const size_t bytes = (size_t)(s->plan->out_width * pixel_bytes(s->plan));
  for (int32_t y = 0; y < count; y++) {
    memcpy(s->target + (s->taken + y) * s->target_stride, rows + y * stride, bytes);
  }
}

// MARK: the interface

void tk_resample_stream_push(tk_resample_stream *s, const uint8_t *rows, ptrdiff_t stride, int32_t count) {
  const tk_resample_plan *plan = s->plan;
  const int32_t left = plan->window[3] - plan->window[1] - s->taken;
  if (count > left) count = left;
  if (!plan->has_vertical && plan->has_horizontal) {
    run_horizontal(plan, rows, stride, s->target + s->taken * s->target_stride, s->target_stride, count);
  } else if (!plan->has_vertical) {
    push_copies(s, rows, stride, count);
  } else if (plan->has_horizontal && !plan->request.vertical_first) {
    push_banded(s, rows, stride, count);
  } else {
    push_vertical(s, rows, stride, count);
  }
  s->taken += count;
  if (!plan->has_vertical) s->next = s->taken;
}

void tk_resample_stream_restart(tk_resample_stream *s) {
  s->taken = s->next = s->kept_first = s->kept_count = 0;
}

int32_t tk_resample_stream_finished_rows(const tk_resample_stream *s) { return s->next; }

tk_resample_stream *tk_resample_stream_new(
  const tk_resample_plan *plan, uint8_t *target, ptrdiff_t target_stride, uint8_t *scratch) {
  tk_resample_stream *s = tk_scratch_take(sizeof *s);
  if (s) begin(s, plan, 1, target, target_stride, scratch);
  return s;
}

void tk_resample_stream_free(tk_resample_stream *s) { tk_scratch_give(s); }

void tk_resample_run(
  const tk_resample_plan *plan, const uint8_t *source, ptrdiff_t source_stride, uint8_t *target,
  ptrdiff_t target_stride, uint8_t *scratch) {
  tk_resample_stream s;
  begin(&s, plan, 0, target, target_stride, scratch);
  const int32_t *window = plan->window;
  tk_resample_stream_push(
    &s, source + window[1] * source_stride + window[0] * pixel_bytes(plan), source_stride, window[3] - window[1]);
}
