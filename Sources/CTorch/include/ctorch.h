#ifndef CTORCH_H
#define CTORCH_H

// libtorch behind a C face.
//
// A `ct_tensor` that a function returns is owned by the caller and goes back by `ct_free`; NULL means that libtorch
// refused, and `ct_last_error` says why. Functions that return `int` give 0, or another number on failure. No C++
// exception leaves this target: `boundary.h` is the only place that catches. A handle is never changed after it is
// made (the elements may be): several threads may use one.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// An owned reference to a tensor.
typedef struct ct_tensor_s *ct_tensor;

/// A number that keeps its kind: an int64 tensor plus 1 stays int64, plus 1.0 becomes floating point.
typedef struct {
  bool is_integer;
  int64_t integer;
  double real;
} ct_scalar;

/// Element types, numbered as c10::ScalarType.
enum {
  CT_UINT8 = 0, CT_INT32 = 3, CT_INT64 = 4, CT_FLOAT16 = 5, CT_FLOAT32 = 6, CT_FLOAT64 = 7, CT_BOOL = 11,
  CT_BFLOAT16 = 15
};

/// A device: 0 is the processor (index −1), 1 is CUDA; numbered as c10::DeviceType.
typedef struct {
  int32_t type;
  int32_t index;
} ct_device;

/// The calling thread's last failure, libtorch's whole message. Valid until the next failure on this thread.
const char *ct_last_error(void);

/// Gives a handle back. NULL is allowed.
void ct_free(ct_tensor tensor);
/// Handles that are made and not given back yet, in the whole process.
int64_t ct_live_handles(void);
/// Another handle to the same tensor.
ct_tensor ct_retain(ct_tensor tensor);

// Facts

int64_t ct_rank(ct_tensor tensor);
/// Writes `ct_rank` extents.
void ct_shape(ct_tensor tensor, int64_t *extents);
/// Writes `ct_rank` strides, in elements.
void ct_strides(ct_tensor tensor, int64_t *strides);
int64_t ct_count(ct_tensor tensor);
int32_t ct_dtype(ct_tensor tensor);
ct_device ct_device_of(ct_tensor tensor);
bool ct_is_contiguous(ct_tensor tensor);
/// Whether two handles are one tensor.
bool ct_is_same(ct_tensor a, ct_tensor b);
/// The first element's address, or NULL if the tensor has no storage that can be addressed.
void *ct_data(ct_tensor tensor);
/// Bytes of the storage beneath, shared or not.
int64_t ct_storage_bytes(ct_tensor tensor);
/// One element as a double; fails unless there is exactly one.
int ct_item_double(ct_tensor tensor, double *out);
/// One element as an integer; fails unless there is exactly one.
int ct_item_int(ct_tensor tensor, int64_t *out);
/// Copies the elements, in row-major order, from any device; fails unless they fill `bytes` exactly.
int ct_copy_out(ct_tensor tensor, void *target, size_t bytes);
/// libtorch's own text of shape and elements; free() it.
char *ct_text(ct_tensor tensor);

// Creation

ct_tensor ct_empty(const int64_t *shape, size_t rank, int32_t dtype, ct_device device);
ct_tensor ct_full(const int64_t *shape, size_t rank, ct_scalar value, int32_t dtype, ct_device device);
ct_tensor ct_arange(ct_scalar start, ct_scalar end, ct_scalar step, int32_t dtype, ct_device device);
/// Random elements from the default generator of the device: uniform in 0..<1, or standard normal.
ct_tensor ct_random(const int64_t *shape, size_t rank, bool normal, int32_t dtype, ct_device device);
/// A copy of elements in memory.
ct_tensor ct_from_bytes(const void *bytes, const int64_t *shape, size_t rank, int32_t dtype);
/// A tensor over memory of somebody else, which `release(context)` gives back when the last view is gone.
/// If this fails, `release` has been called already.
ct_tensor ct_from_memory(
    void *memory, const int64_t *shape, size_t rank, int32_t dtype, void (*release)(void *), void *context);

#ifdef __cplusplus
}
#endif
#endif
