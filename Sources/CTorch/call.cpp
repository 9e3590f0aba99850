// Any operator by name, through the dispatcher's boxed calling convention.

#include "include/ctorch_call.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>
#include <ATen/core/stack.h>

#include "boundary.h"

namespace {

c10::List<at::Tensor> tensors(const ct_arg &arg) {
  c10::List<at::Tensor> list;
  for (size_t i = 0; i < arg.count; i++) list.push_back(ct::optional(arg.tensors[i]));
  return list;
}

c10::List<c10::optional<at::Tensor>> optional_tensors(const ct_arg &arg) {
  c10::List<c10::optional<at::Tensor>> list;
  for (size_t i = 0; i < arg.count; i++) {
    auto handle = arg.tensors[i];
    list.push_back(handle ? c10::optional<at::Tensor>(handle->value) : c10::nullopt);
  }
  return list;
}

/// The element type of a list, whether or not the list is optional; else nothing.
c10::TypePtr list_element(c10::TypePtr type) {
  if (auto optional = type->cast<c10::OptionalType>()) type = optional->getElementType();
  if (auto list = type->cast<c10::ListType>()) return list->getElementType();
  return nullptr;
}

bool wants_double(c10::TypePtr type) {
  if (auto optional = type->cast<c10::OptionalType>()) type = optional->getElementType();
  return type->kind() == c10::TypeKind::FloatType;
}

c10::IValue ints(const ct_arg &arg, const c10::TypePtr &type) {
  auto element = list_element(type);
  if (element && element->kind() == c10::TypeKind::BoolType) {
    c10::List<bool> list;
    for (size_t i = 0; i < arg.count; i++) list.push_back(arg.integers[i] != 0);
    return list;
  }
  if (element && element->kind() == c10::TypeKind::FloatType) {
    c10::List<double> list;
    for (size_t i = 0; i < arg.count; i++) list.push_back(static_cast<double>(arg.integers[i]));
    return list;
  }
  return c10::IValue(std::vector<int64_t>(arg.integers, arg.integers + arg.count));
}

c10::IValue value(const ct_arg &arg, const c10::Argument &parameter) {
  const auto &type = parameter.type();
  switch (arg.kind) {
    case CT_ARG_NONE: return c10::IValue();
    case CT_ARG_DEFAULT: {
      TORCH_CHECK(parameter.default_value().has_value(), "argument '", parameter.name(), "' has no default");
      return *parameter.default_value();
    }
    case CT_ARG_TENSOR: return arg.tensor->value;
    case CT_ARG_INT:
      return wants_double(type) ? c10::IValue(static_cast<double>(arg.integer)) : c10::IValue(arg.integer);
    case CT_ARG_DOUBLE: return arg.real;
    case CT_ARG_BOOL: return arg.integer != 0;
    case CT_ARG_INTS: return ints(arg, type);
    case CT_ARG_DOUBLES: return c10::IValue(std::vector<double>(arg.reals, arg.reals + arg.count));
    case CT_ARG_TENSORS: {
      auto element = list_element(type);
      bool absent = element && element->kind() == c10::TypeKind::OptionalType;
      return absent ? c10::IValue(optional_tensors(arg)) : c10::IValue(tensors(arg));
    }
    case CT_ARG_STRING: return std::string(arg.text);
    case CT_ARG_DTYPE: return static_cast<int64_t>(arg.integer);
    case CT_ARG_DEVICE: return ct::device(arg.device);
  }
  TORCH_CHECK(false, "argument '", parameter.name(), "' is of no known kind");
}

/// Every tensor of a result, in order; numbers as tensors of rank 0.
void flatten(const c10::IValue &result, std::vector<at::Tensor> &out) {
  if (result.isTensor()) out.push_back(result.toTensor());
  else if (result.isTensorList()) for (const auto &item : result.toTensorVector()) out.push_back(item);
  else if (result.isBool()) out.push_back(at::scalar_tensor(result.toBool(), at::kBool));
  else if (result.isScalar()) {
    out.push_back(at::scalar_tensor(result.toScalar(), result.isInt() ? at::kLong : at::kDouble));
  } else TORCH_CHECK(result.isNone(), "a result of kind ", result.tagKind(), " is no tensor");
}

}  // namespace

extern "C" {

bool ct_has_operator(const char *name, const char *overload) {
  return ct::guarded(
      false, [&] { return c10::Dispatcher::singleton().findSchema({name, overload}).has_value(); });
}

int ct_call(
    const char *name, const char *overload, const ct_arg *arguments, size_t count, ct_tensor *results,
    size_t capacity, size_t *written) {
  *written = 0;
  return ct::status([&] {
    auto op = c10::Dispatcher::singleton().findSchemaOrThrow(name, overload);
    const auto &parameters = op.schema().arguments();
    TORCH_CHECK(count <= parameters.size(), name, " takes ", parameters.size(), " arguments, got ", count);
    c10::Stack stack;
    stack.reserve(parameters.size());
    ct_arg absent{};
    absent.kind = CT_ARG_DEFAULT;
    for (size_t i = 0; i < parameters.size(); i++) {
      stack.push_back(value(i < count ? arguments[i] : absent, parameters[i]));
    }
    op.callBoxed(&stack);
    std::vector<at::Tensor> flat;
    for (const auto &result : stack) flatten(result, flat);
    TORCH_CHECK(flat.size() <= capacity, name, " gave ", flat.size(), " tensors, room is for ", capacity);
    for (auto &item : flat) results[(*written)++] = ct::own(std::move(item));
  });
}

}  // extern "C"
