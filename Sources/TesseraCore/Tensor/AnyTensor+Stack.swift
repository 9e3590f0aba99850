extension AnyTensor {
  /// Stacks tensors of one shape and type along a new first axis.
  ///
  /// - Throws: `invalidInput` if there are none, or shapes or types differ.
  public static func stack(_ tensors: [AnyTensor]) throws -> AnyTensor {
    guard let first = tensors.first else {
      throw TesseraError(.invalidInput(operation: "stack", expected: "at least one tensor", got: "none"))
    }
    for tensor in tensors where tensor.shape != first.shape || tensor.dataType != first.dataType {
      throw TesseraError(
        .invalidInput(
          operation: "stack", expected: "tensors of shape \(first.shape) \(first.dataType.rawValue)",
          got: "\(tensor.shape) \(tensor.dataType.rawValue)"))
    }
    let shape = [tensors.count] + first.shape
    let size = first.shape.reduce(1, *) * first.dataType.byteCount
    let block = MemoryBlock(byteCount: size * tensors.count)
    for (index, tensor) in tensors.enumerated() {
      tensor.withUnsafeBytes { bytes in
        if let base = bytes.baseAddress {
          (block.base + index * size).copyMemory(from: base, byteCount: size)
        }
      }
    }
    return AnyTensor(shape: shape, dataType: first.dataType, block: block)
  }

  /// A tensor over a block of memory that already holds its elements.
  package init(shape: [Int], dataType: DataType, block: MemoryBlock) {
    switch dataType {
    case .uint8: self = .uint8(Tensor(shape: shape, block: block))
    case .int64: self = .int64(Tensor(shape: shape, block: block))
    case .float16: self = .float16(Tensor(shape: shape, block: block))
    case .bfloat16: self = .bfloat16(Tensor(shape: shape, block: block))
    case .float32: self = .float32(Tensor(shape: shape, block: block))
    }
  }
}
