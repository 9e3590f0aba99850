// One resize: two axes, their order, the rows or columns that the second pass needs of the first.
#include "resample_internal.h"

#include "include/simd.h"

// One instruction set's loops, and whether they may run: this machine has it, and `TESSERA_SIMD` allows it.
typedef struct {
  const tk_loops *loops;
  int is_usable;
} loops_choice;

static loops_choice loops_named(int32_t number) {
  switch (number) {
  case TK_LOOPS_SCALAR: return (loops_choice){&tk_loops_scalar, 1};
  case TK_LOOPS_PORTABLE: return (loops_choice){&tk_loops_portable, tk_may_use(TK_PORTABLE)};
#if defined(__x86_64__)
  case TK_LOOPS_AVX2: return (loops_choice){&tk_loops_avx2, tk_may_use(TK_AVX2)};
  // Byte permutations and dot products of bytes.
  case TK_LOOPS_AVX512: return (loops_choice){&tk_loops_avx512, tk_may_use(TK_AVX512_VNNI)};
#elif defined(__aarch64__)
  case TK_LOOPS_NEON: return (loops_choice){&tk_loops_neon, tk_may_use(TK_NEON)};
#endif
  default: return (loops_choice){&tk_loops_scalar, 0};
  }
}

int32_t tk_loops_available(int32_t number) {
  return number == TK_LOOPS_BEST || loops_named(number).is_usable;
}

static const tk_loops *loops_of(int32_t number) {
  static const int32_t by_speed[] = {
    TK_LOOPS_AVX512, TK_LOOPS_AVX2, TK_LOOPS_NEON, TK_LOOPS_PORTABLE, TK_LOOPS_SCALAR};
  loops_choice choice = loops_named(number);
  for (int i = 0; !choice.is_usable; i++) choice = loops_named(by_speed[i]);
  return choice.loops;
}

// Which loops a pass runs, as `TK_LOOPS_…`.
static int32_t number_of(const tk_loops *loops) {
  int32_t number = TK_LOOPS_SCALAR;
  while (loops_named(number).loops != loops) number++;
  return number;
}

void tk_resample_loops(const tk_resample_plan *plan, int32_t loops[2]) {
  const int is_scalar = plan->request.bytes_per_channel == 2;
  loops[0] = !plan->has_horizontal ? 0 : is_scalar ? TK_LOOPS_SCALAR : number_of(plan->horizontal_loops);
  loops[1] = !plan->has_vertical ? 0 : is_scalar ? TK_LOOPS_SCALAR : number_of(plan->vertical_loops);
}

// The window of an axis: [lowest first, highest end).
static void span_of(const tk_axis *axis, int32_t *from, int32_t *to) {
  *from = axis->first[0];
  *to = axis->first[axis->out - 1] + axis->count[axis->out - 1];
}

// Prepares one axis; `from` and `to`: its window.
static int init_axis(
  tk_resample_plan *plan, tk_axis *axis, int is_horizontal, const tk_axis_request *request, int32_t *from,
  int32_t *to) {
  const tk_resample_request *r = &plan->request;
  const int fixed = r->bytes_per_channel == 1;
  const tk_loops *loops = loops_of(r->loops);
  const int by_formula = loops == &tk_loops_scalar;
  if (tk_axis_init(axis, request, fixed, by_formula) != 0) return -1;
  if (is_horizontal && r->mirrored) tk_axis_mirror(axis);
  span_of(axis, from, to);
  // The loops see the window only: pixel 0 is the window's first.
  for (int32_t i = 0; i < axis->out; i++) axis->first[i] -= *from;
  axis->in = *to - *from;
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
  tk_resample_plan *plan = tk_scratch_take_zeros(sizeof *plan);
  if (!plan) return NULL;
  tk_resample_request r = *request;
  if (r.kept[2] == 0) {
    r.kept[2] = r.out_width;
    r.kept[3] = r.out_height;
  }
  plan->request = r;
  plan->out_width = r.kept[2] - r.kept[0];
  plan->out_height = r.kept[3] - r.kept[1];
  plan->has_horizontal = r.out_width != r.in_width || r.box[0] != 0.0f || r.box[2] != (float)r.out_width;
  plan->has_vertical = r.out_height != r.in_height || r.box[1] != 0.0f || r.box[3] != (float)r.out_height;
  if (is_plain_crop(&r)) plan->has_horizontal = plan->has_vertical = 0;
  // Where an axis is copied, its window is the kept part of its box.
  for (int i = 0; i < 4; i++) plan->window[i] = r.kept[i] + (int32_t)r.box[i % 2];
  if (r.mirrored) {
    const int32_t left = plan->window[0];
    plan->window[0] = r.in_width - plan->window[2];
    plan->window[2] = r.in_width - left;
  }
  int status = 0;
  if (plan->has_horizontal) {
    const tk_axis_request axis = {r.filter, r.in_width, r.out_width, r.kept[0], r.kept[2], r.box[0], r.box[2]};
    status = init_axis(plan, &plan->horizontal, 1, &axis, &plan->window[0], &plan->window[2]);
  }
  if (status == 0 && plan->has_vertical) {
    const tk_axis_request axis = {r.filter, r.in_height, r.out_height, r.kept[1], r.kept[3], r.box[1], r.box[3]};
    status = init_axis(plan, &plan->vertical, 0, &axis, &plan->window[1], &plan->window[3]);
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
  tk_scratch_give(plan);
}

void tk_resample_window(const tk_resample_plan *plan, int32_t window[4]) {
  for (int i = 0; i < 4; i++) window[i] = plan->window[i];
}
