internal import CTorch

extension TorchTensor {
  /// Whether operators on this tensor are recorded. Only a leaf of a floating type can be set; others trap.
  public var requiresGrad: Bool {
    get { ct_requires_grad(handle) }
    set { Self.check(ct_set_requires_grad(handle, newValue)) }
  }
  /// Sets whether operators on this leaf are recorded, and gives it back.
  @discardableResult
  public func requiringGrad(_ requires: Bool = true) -> TorchTensor {
    requiresGrad = requires
    return self
  }
  /// Whether no recorded operator made this tensor.
  public var isLeaf: Bool { ct_is_leaf(handle) }
  /// The same memory, outside of the graph of gradients.
  public func detach() -> TorchTensor { Self.checked(ct_detach(handle)) }

  /// The gradient that `backward` has accumulated in this leaf; nil if none has come.
  public var grad: TorchTensor? {
    get { ct_has_grad(handle) ? Self.checked(ct_grad(handle)) : nil }
    set { Self.check(ct_set_grad(handle, newValue?.handle)) }
  }

  /// Accumulates this tensor's gradients in the leaves' `grad`.
  ///
  /// - Parameters:
  ///   - gradient: of the result by this tensor; may be left out for a scalar.
  ///   - retainGraph: whether the graph can be gone through once more.
  public func backward(_ gradient: TorchTensor? = nil, retainGraph: Bool = false) {
    Self.check(ct_backward(handle, gradient?.handle, retainGraph))
  }

  /// The gradients of the outputs' sum by `inputs`, nil where there is no way; leaves' `grad` stays as it is.
  ///
  /// - Parameters:
  ///   - seeds: of the result by each output; may be left out where the outputs are scalars.
  ///   - createGraph: whether the gradients can be derived once more.
  public static func gradients(
    of outputs: [TorchTensor], by inputs: [TorchTensor], seeds: [TorchTensor]? = nil,
    retainGraph: Bool = false,
    createGraph: Bool = false
  ) -> [TorchTensor?] {
    precondition(seeds == nil || seeds?.count == outputs.count, "a seed for each output")
    var results = [ct_tensor?](repeating: nil, count: inputs.count)
    let status = withHandles(outputs) { out, outCount in
      withHandles(inputs) { into, inCount in
        withHandles(seeds ?? []) { seed, _ in
          ct_gradients(
            out, seeds == nil ? nil : seed, outCount, into, inCount, retainGraph || createGraph, createGraph,
            &results)
        }
      }
    }
    check(status, "gradients")
    return results.map { $0.map(TorchTensor.init(owning:)) }
  }
}
