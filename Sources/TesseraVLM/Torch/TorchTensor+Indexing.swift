internal import CTorch

extension TorchTensor {
  /// The rows of `self` (a table `[rows, width]`) that `indices` name.
  ///
  /// - Shape: `indices` `[…]` → `[…, width]`. An index outside of the rows traps.
  public func embedding(_ indices: TorchTensor) -> TorchTensor {
    Self.checked(ct_embedding(handle, indices.handle))
  }
  /// The indices (a list) along an axis.
  public func indexSelect(_ axis: Int, _ indices: TorchTensor) -> TorchTensor {
    Self.checked(ct_index_select(handle, Int64(axis), indices.handle))
  }
  /// The elements at `indices` along an axis, elsewhere at their own place.
  public func gather(_ axis: Int, _ indices: TorchTensor) -> TorchTensor {
    Self.checked(ct_gather(handle, Int64(axis), indices.handle))
  }
  /// A copy with the elements of `source` put at `indices` along an axis.
  public func scatter(_ axis: Int, _ indices: TorchTensor, _ source: TorchTensor) -> TorchTensor {
    Self.operation("scatter", overload: "src", .tensor(self), .int(axis), .tensor(indices), .tensor(source))
  }
  /// A copy with a number put at `indices` along an axis.
  public func scatter(_ axis: Int, _ indices: TorchTensor, value: some TorchNumber) -> TorchTensor {
    Self.operation(
      "scatter", overload: "value", .tensor(self), .int(axis), .tensor(indices), .number(value.torchScalar))
  }
  /// A copy with the elements of `source` added at `indices` along an axis.
  public func scatterAdd(_ axis: Int, _ indices: TorchTensor, _ source: TorchTensor) -> TorchTensor {
    Self.operation("scatter_add", .tensor(self), .int(axis), .tensor(indices), .tensor(source))
  }
  /// A copy with `source` in place of the slices at `indices` along an axis.
  public func indexCopy(_ axis: Int, _ indices: TorchTensor, _ source: TorchTensor) -> TorchTensor {
    Self.operation("index_copy", .tensor(self), .int(axis), .tensor(indices), .tensor(source))
  }
  /// A copy with the slices of `source` added to those at `indices` along an axis.
  public func indexAdd(_ axis: Int, _ indices: TorchTensor, _ source: TorchTensor) -> TorchTensor {
    Self.operation("index_add", .tensor(self), .int(axis), .tensor(indices), .tensor(source))
  }
  /// A copy with `value` wherever the mask is true.
  public func maskedFill(_ mask: TorchTensor, _ value: some TorchNumber) -> TorchTensor {
    Self.checked(ct_masked_fill(handle, mask.handle, value.torchScalar.raw))
  }
  /// The elements wherever the mask is true, as a list.
  public func maskedSelect(_ mask: TorchTensor) -> TorchTensor {
    Self.operation("masked_select", .tensor(self), .tensor(mask))
  }
  /// A copy with the elements of `source`, in order, wherever the mask is true.
  public func maskedScatter(_ mask: TorchTensor, _ source: TorchTensor) -> TorchTensor {
    Self.operation("masked_scatter", .tensor(self), .tensor(mask), .tensor(source))
  }
  /// The elements of `a` where the condition holds, else those of `b`.
  public static func `where`(_ condition: TorchTensor, _ a: TorchTensor, _ b: TorchTensor) -> TorchTensor {
    checked(ct_where(condition.handle, a.handle, b.handle))
  }
  /// The indices of elements that are not 0.
  ///
  /// - Shape: `[found, rank]`.
  public func nonzero() -> TorchTensor { Self.checked(ct_nonzero(handle)) }
}
