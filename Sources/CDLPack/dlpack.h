/// DLPack's structures (its unversioned ABI), by which tensors change hands without a copy: PyTorch's, NumPy's and
/// others' `from_dlpack` take a pointer to a `DLManagedTensor`. Source: the layout in DLPack's specification.
#ifndef TESSERA_CDLPACK_H
#define TESSERA_CDLPACK_H

#include <stdint.h>

typedef struct {
  /// 1: the processor's memory.
  int32_t device_type;
  int32_t device_id;
} DLDevice;

typedef struct {
  /// 0 signed, 1 unsigned, 2 float, 4 bfloat.
  uint8_t code;
  uint8_t bits;
  /// 1: not a vector.
  uint16_t lanes;
} DLDataType;

typedef struct {
  void *data;
  DLDevice device;
  int32_t ndim;
  DLDataType dtype;
  int64_t *shape;
  /// In elements.
  int64_t *strides;
  uint64_t byte_offset;
} DLTensor;

typedef struct DLManagedTensor {
  DLTensor dl_tensor;
  void *manager_ctx;
  /// Called once by whoever took the tensor over, when it is done with it.
  void (*deleter)(struct DLManagedTensor *self);
} DLManagedTensor;

#endif
