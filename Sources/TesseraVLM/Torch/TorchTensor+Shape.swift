internal import CTorch

extension TorchTensor {
  /// The same elements under another shape: a view where the strides allow it, else a copy. One extent may be −1.
  public func reshape(_ shape: [Int]) -> TorchTensor {
    Self.checked(withInts(shape) { ct_reshape(handle, $0, $1) })
  }
  /// The same elements under another shape. One extent may be −1.
  public func reshape(_ shape: Int...) -> TorchTensor { reshape(shape) }
  /// The same memory under another shape; traps where that would need a copy.
  public func view(_ shape: [Int]) -> TorchTensor {
    Self.checked(withInts(shape) { ct_view(handle, $0, $1) })
  }
  /// The same memory under another shape; traps where that would need a copy.
  public func view(_ shape: Int...) -> TorchTensor { view(shape) }
  /// The axes `first...last` as one.
  public func flatten(_ first: Int = 0, _ last: Int = -1) -> TorchTensor {
    Self.checked(ct_flatten(handle, Int64(first), Int64(last)))
  }
  /// A view with two axes swapped.
  public func transpose(_ axis: Int, _ other: Int) -> TorchTensor {
    Self.checked(ct_transpose(handle, Int64(axis), Int64(other)))
  }
  /// A view with the axes in another order.
  public func permute(_ axes: Int...) -> TorchTensor {
    Self.checked(withInts(axes) { ct_permute(handle, $0, $1) })
  }
  /// A view with a new axis of extent 1 before `axis`.
  public func unsqueeze(_ axis: Int) -> TorchTensor { Self.checked(ct_unsqueeze(handle, Int64(axis))) }
  /// A view without an axis of extent 1.
  public func squeeze(_ axis: Int) -> TorchTensor { Self.checked(ct_squeeze(handle, Int64(axis))) }
  /// A view that repeats axes of extent 1 without copying; −1 keeps an extent.
  public func expand(_ shape: [Int]) -> TorchTensor {
    Self.checked(withInts(shape) { ct_expand(handle, $0, $1) })
  }
  /// A view that repeats axes of extent 1 without copying; −1 keeps an extent.
  public func expand(_ shape: Int...) -> TorchTensor { expand(shape) }
  /// Copies side by side: `times` along each axis.
  public func `repeat`(_ times: Int...) -> TorchTensor {
    Self.operation("repeat", .tensor(self), .ints(times))
  }
  /// Each index along an axis `times` in succession.
  public func repeatInterleave(_ times: Int, axis: Int) -> TorchTensor {
    Self.operation("repeat_interleave", overload: "self_int", .tensor(self), .int(times), .int(axis))
  }
  /// The same elements in row-major order: itself if they lie so.
  public func contiguous() -> TorchTensor { Self.checked(ct_contiguous(handle)) }

  /// A view of `count` indices from `start` along an axis.
  public func narrow(_ axis: Int, start: Int, count: Int) -> TorchTensor {
    Self.checked(ct_narrow(handle, Int64(axis), Int64(start), Int64(count)))
  }
  /// A view of every `step`th index in a range along an axis; the range is cut to the axis.
  public func slice(_ axis: Int, _ range: Range<Int>, step: Int = 1) -> TorchTensor {
    Self.checked(ct_slice(handle, Int64(axis), Int64(range.lowerBound), Int64(range.upperBound), Int64(step)))
  }
  /// A view of one index along an axis, which goes away.
  public func select(_ axis: Int, _ index: Int) -> TorchTensor {
    Self.checked(ct_select(handle, Int64(axis), Int64(index)))
  }
  /// A view of one index along the first axis, which goes away.
  public subscript(index: Int) -> TorchTensor { select(0, index) }
  /// A view of a range along the first axis.
  public subscript(range: Range<Int>) -> TorchTensor {
    narrow(0, start: range.lowerBound, count: range.count)
  }

  /// Tensors end to end along an axis.
  public static func cat(_ tensors: [TorchTensor], axis: Int = 0) -> TorchTensor {
    checked(withHandles(tensors) { ct_cat($0, $1, Int64(axis)) })
  }
  /// Tensors of one shape along a new axis.
  public static func stack(_ tensors: [TorchTensor], axis: Int = 0) -> TorchTensor {
    checked(withHandles(tensors) { ct_stack($0, $1, Int64(axis)) })
  }
  /// Views of at most `parts` nearly equal parts along an axis.
  public func chunk(_ parts: Int, axis: Int = 0) -> [TorchTensor] {
    Self.operations("chunk", .tensor(self), .int(parts), .int(axis))
  }
  /// Views of parts of the given extents along an axis.
  public func split(_ extents: [Int], axis: Int = 0) -> [TorchTensor] {
    Self.operations("split_with_sizes", .tensor(self), .ints(extents), .int(axis))
  }
  /// The elements below and on a diagonal, the others 0.
  public func tril(_ diagonal: Int = 0) -> TorchTensor {
    Self.operation("tril", .tensor(self), .int(diagonal))
  }
  /// The elements above and on a diagonal, the others 0.
  public func triu(_ diagonal: Int = 0) -> TorchTensor {
    Self.operation("triu", .tensor(self), .int(diagonal))
  }
  /// The order along some axes turned about.
  public func flip(_ axes: Int...) -> TorchTensor { Self.operation("flip", .tensor(self), .ints(axes)) }

  /// The elements as another type: itself if it is its own.
  public func to(_ type: TorchType) -> TorchTensor { Self.checked(ct_to_dtype(handle, type.code)) }
  /// The elements on a device: itself if they lie there.
  public func to(device: TorchDevice, nonBlocking: Bool = false) -> TorchTensor {
    Self.checked(ct_to(handle, -1, device.raw, nonBlocking))
  }
  /// The elements as another type on a device: itself if nothing changes.
  public func to(_ type: TorchType, device: TorchDevice, nonBlocking: Bool = false) -> TorchTensor {
    Self.checked(ct_to(handle, type.code, device.raw, nonBlocking))
  }
  /// A copy, in the graph of gradients.
  public func clone() -> TorchTensor { Self.checked(ct_clone(handle)) }
  /// Zeros of the same shape, type and device.
  public func zerosLike() -> TorchTensor { Self.checked(ct_zeros_like(handle)) }
  /// Ones of the same shape, type and device.
  public func onesLike() -> TorchTensor { Self.checked(ct_ones_like(handle)) }
  /// The same shape, type and device with elements not set.
  public func emptyLike() -> TorchTensor { Self.checked(ct_empty_like(handle)) }
}
