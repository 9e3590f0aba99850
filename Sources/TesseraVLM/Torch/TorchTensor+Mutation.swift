internal import CTorch

// In place. On a leaf that records gradients libtorch refuses them outside of `noGrad`.
extension TorchTensor {
  /// Writes the elements of another tensor, broadcast and converted.
  @discardableResult
  public func copy(from source: TorchTensor, nonBlocking: Bool = false) -> TorchTensor {
    Self.check(ct_copy_(handle, source.handle, nonBlocking))
    return self
  }
  /// Adds another tensor, times `scale`.
  @discardableResult
  public func add(_ other: TorchTensor, times scale: some TorchNumber = 1) -> TorchTensor {
    Self.check(ct_add_(handle, other.handle, scale.torchScalar.raw))
    return self
  }
  /// Multiplies every element.
  @discardableResult
  public func multiply(by value: some TorchNumber) -> TorchTensor {
    Self.check(ct_mul_scalar_(handle, value.torchScalar.raw))
    return self
  }
  /// Sets every element.
  @discardableResult
  public func fill(_ value: some TorchNumber) -> TorchTensor {
    Self.check(ct_fill_(handle, value.torchScalar.raw))
    return self
  }
}
