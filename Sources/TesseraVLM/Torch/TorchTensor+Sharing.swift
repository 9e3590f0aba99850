internal import CTorch
public import TesseraCore

extension TorchTensor {
  /// A batch's tensor as libtorch's: the same memory, no copy. It lives as long as either side.
  ///
  /// The elements are shared with the tensor's other holders: treat them as read-only unless you know there are none.
  ///
  /// - Shape: as the tensor's.
  public convenience init(sharing tensor: AnyTensor) {
    let shape = tensor.shape
    let type = TorchType(tensor.dataType)
    let block = tensor.storage
    // Nothing to share: libtorch needs an address, and an empty tensor has none that matters.
    guard !shape.contains(0) else {
      let empty = TorchTensor.empty(shape, type: type)
      self.init(owning: empty.retainedHandle())
      return
    }
    let shared = TorchTensor.fromMemory(block.base, shape: shape, type: type, owner: block)
    self.init(owning: shared.retainedHandle())
  }

  /// A second handle, owned by the caller.
  func retainedHandle() -> ct_tensor {
    guard let other = ct_retain(handle) else { TorchFailure.trap("retain") }
    return other
  }
}

extension AnyTensor {
  /// libtorch's tensor as the loader's: the same memory where it lies row-major on the processor, else a copy of it.
  ///
  /// Writing the result copies it first; writing the torch tensor later changes it.
  ///
  /// - Throws: `unsupported` for a type that the loader's tensors have not (float64, int32, bool).
  public init(sharing tensor: TorchTensor) throws {
    guard let type = tensor.type.dataType else {
      throw TesseraError(
        .unsupported(format: "a tensor of the loader", feature: "the element type \(tensor.type.rawValue)"))
    }
    let source = tensor.detach().to(device: .cpu).contiguous()
    guard let base = source.dataPointer, source.count > 0 else {
      self.init(shape: tensor.shape, dataType: type, block: MemoryBlock(byteCount: 0))
      return
    }
    let block = MemoryBlock(readOnly: base, byteCount: source.byteCount) { withExtendedLifetime(source) {} }
    self.init(shape: tensor.shape, dataType: type, block: block)
  }
}
