internal import CTorch

extension TorchTensor {
  /// The sum over axes; over all without any.
  public func sum(_ axes: Int..., keepAxes: Bool = false) -> TorchTensor {
    Self.checked(withInts(axes) { ct_sum(handle, $0, $1, keepAxes) })
  }
  /// The mean over axes; over all without any.
  public func mean(_ axes: Int..., keepAxes: Bool = false) -> TorchTensor {
    Self.checked(withInts(axes) { ct_mean(handle, $0, $1, keepAxes) })
  }
  /// The greatest element.
  public func max() -> TorchTensor { Self.checked(ct_max(handle)) }
  /// The least element.
  public func min() -> TorchTensor { Self.checked(ct_min(handle)) }
  /// The greatest elements along an axis, and where they are.
  public func max(_ axis: Int, keepAxis: Bool = false) -> (values: TorchTensor, indices: TorchTensor) {
    Self.pair("max", overload: "dim", .tensor(self), .int(axis), .bool(keepAxis))
  }
  /// The least elements along an axis, and where they are.
  public func min(_ axis: Int, keepAxis: Bool = false) -> (values: TorchTensor, indices: TorchTensor) {
    Self.pair("min", overload: "dim", .tensor(self), .int(axis), .bool(keepAxis))
  }
  /// Where the greatest element is along an axis; of equals, libtorch's choice.
  public func argmax(_ axis: Int, keepAxis: Bool = false) -> TorchTensor {
    Self.checked(ct_argmax(handle, Int64(axis), keepAxis))
  }
  /// The `count` greatest elements along an axis in falling order, and where they are.
  public func topK(_ count: Int, axis: Int = -1) -> (values: TorchTensor, indices: TorchTensor) {
    Self.pair("topk", .tensor(self), .int(count), .int(axis), .bool(true), .bool(true))
  }
  /// The elements in order along an axis, and where they were; equals keep their order.
  public func sort(_ axis: Int = -1, descending: Bool = false) -> (values: TorchTensor, indices: TorchTensor)
  {
    Self.pair("sort", overload: "stable", .tensor(self), .bool(true), .int(axis), .bool(descending))
  }
  /// Running sums along an axis.
  public func cumsum(_ axis: Int) -> TorchTensor { Self.operation("cumsum", .tensor(self), .int(axis)) }
  /// log Σ e^x along an axis.
  public func logSumExp(_ axis: Int, keepAxis: Bool = false) -> TorchTensor {
    Self.operation("logsumexp", .tensor(self), .ints([axis]), .bool(keepAxis))
  }
  /// The variance over all elements, or along an axis; `correction` 1 is unbiased.
  public func variance(_ axis: Int? = nil, correction: Int = 1, keepAxis: Bool = false) -> TorchTensor {
    Self.operation(
      "var", overload: "correction", .tensor(self), axis.map { .ints([$0]) } ?? .none, .int(correction),
      .bool(keepAxis))
  }
  /// The Euclidean norm of all elements.
  public func norm() -> TorchTensor { Self.operation("norm", overload: "Scalar", .tensor(self), .int(2)) }
  /// e^x / Σ e^x along an axis; computed in `type` if one is given.
  public func softmax(_ axis: Int, type: TorchType? = nil) -> TorchTensor {
    Self.checked(ct_softmax(handle, Int64(axis), type?.code ?? -1))
  }
  /// x − log Σ e^x along an axis; computed in `type` if one is given.
  public func logSoftmax(_ axis: Int, type: TorchType? = nil) -> TorchTensor {
    Self.checked(ct_log_softmax(handle, Int64(axis), type?.code ?? -1))
  }
  /// Indices drawn with the elements as weights, from the default generator of the device.
  ///
  /// - Shape: `[n]` → `[count]`; `[rows, n]` → `[rows, count]`.
  public func multinomial(_ count: Int, replacement: Bool = false) -> TorchTensor {
    Self.operation("multinomial", .tensor(self), .int(count), .bool(replacement))
  }
}
