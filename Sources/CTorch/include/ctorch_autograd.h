#ifndef CTORCH_AUTOGRAD_H
#define CTORCH_AUTOGRAD_H

#include "ctorch.h"

#ifdef __cplusplus
extern "C" {
#endif

bool ct_requires_grad(ct_tensor tensor);
/// Fails for a tensor that is no leaf or not of a floating type.
int ct_set_requires_grad(ct_tensor tensor, bool wanted);
bool ct_is_leaf(ct_tensor tensor);
/// Accumulates gradients into the leaves. `gradient` may be NULL for a scalar.
int ct_backward(ct_tensor tensor, ct_tensor gradient, bool retain_graph);
/// Writes the gradients of `outputs` by `inputs`, NULL where there is none. `seeds` may be NULL, or hold NULLs.
int ct_gradients(
    const ct_tensor *outputs, const ct_tensor *seeds, size_t output_count, const ct_tensor *inputs,
    size_t input_count, bool retain_graph, bool create_graph, ct_tensor *gradients);
/// Whether the tensor has a gradient.
bool ct_has_grad(ct_tensor tensor);
/// The gradient; a failure if there is none.
ct_tensor ct_grad(ct_tensor tensor);
/// Sets the gradient; NULL takes it away.
int ct_set_grad(ct_tensor tensor, ct_tensor gradient);

/// Turns the recording of gradients on or off on this thread; returns how it was.
bool ct_set_grad_mode(bool enabled);
bool ct_grad_mode(void);

/// Autocast as it stands on one thread.
typedef struct {
  bool enabled;
  int32_t dtype;
  bool cache;
} ct_autocast;

/// Reads the state for a type of device.
ct_autocast ct_autocast_state(int32_t device_type);
int ct_set_autocast(int32_t device_type, ct_autocast state);
/// Counts regions; the cache of cast weights is cleared when the outermost is left.
void ct_autocast_enter(void);
void ct_autocast_leave(void);

/// A function of tensors in somebody else's language: writes `output_count` owned handles; non-zero is a failure.
/// It owns none of the inputs.
typedef int (*ct_closure)(void *context, const ct_tensor *inputs, size_t input_count, ct_tensor *outputs);

/// Runs a closure without recording it, and runs it again when gradients come back. `release(context)` is called
/// once, when nothing can run the closure any more.
int ct_checkpoint(
    ct_closure closure, void *context, void (*release)(void *), const ct_tensor *inputs, size_t input_count,
    ct_tensor *outputs, size_t output_count);

#ifdef __cplusplus
}
#endif
#endif
