#ifndef CTORCH_CALL_H
#define CTORCH_CALL_H

// Any operator of libtorch by its name in the schema, with arguments in the schema's order.

#include "ctorch.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
  CT_ARG_NONE, CT_ARG_DEFAULT, CT_ARG_TENSOR, CT_ARG_INT, CT_ARG_DOUBLE, CT_ARG_BOOL, CT_ARG_INTS, CT_ARG_DOUBLES,
  CT_ARG_TENSORS, CT_ARG_STRING, CT_ARG_DTYPE, CT_ARG_DEVICE
} ct_arg_kind;

/// One argument: only the fields of its kind are read.
typedef struct {
  ct_arg_kind kind;
  ct_tensor tensor;
  int64_t integer;
  double real;
  ct_device device;
  const char *text;
  const int64_t *integers;
  const double *reals;
  /// NULL handles are absent tensors (`Tensor?[]`).
  const ct_tensor *tensors;
  size_t count;
} ct_arg;

/// Whether this libtorch has the operator ("aten::rms_norm", overload "").
bool ct_has_operator(const char *name, const char *overload);

/// Calls an operator. Arguments left out, or of kind CT_ARG_DEFAULT, take the schema's defaults. Results that are
/// tensors, or lists of them, are written in order to `results` (room for `capacity`; more than that is a failure);
/// numbers come as tensors of rank 0.
int ct_call(
    const char *name, const char *overload, const ct_arg *arguments, size_t count, ct_tensor *results,
    size_t capacity, size_t *written);

#ifdef __cplusplus
}
#endif
#endif
