/// A tensor whose element type is known at run time.
public enum AnyTensor: Sendable, Equatable {
  case uint8(Tensor<UInt8>)
  case int64(Tensor<Int64>)
  case float16(Tensor<Float16>)
  case bfloat16(Tensor<BFloat16>)
  case float32(Tensor<Float>)

  public var shape: [Int] {
    switch self {
    case .uint8(let t): t.shape
    case .int64(let t): t.shape
    case .float16(let t): t.shape
    case .bfloat16(let t): t.shape
    case .float32(let t): t.shape
    }
  }

  public var dataType: DataType {
    switch self {
    case .uint8: .uint8
    case .int64: .int64
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .float32: .float32
    }
  }

  /// Calls `body` with the elements' bytes. The pointer is valid inside `body` only.
  public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    switch self {
    case .uint8(let t): try t.withUnsafeBufferPointer { try body(UnsafeRawBufferPointer($0)) }
    case .int64(let t): try t.withUnsafeBufferPointer { try body(UnsafeRawBufferPointer($0)) }
    case .float16(let t): try t.withUnsafeBufferPointer { try body(UnsafeRawBufferPointer($0)) }
    case .bfloat16(let t): try t.withUnsafeBufferPointer { try body(UnsafeRawBufferPointer($0)) }
    case .float32(let t): try t.withUnsafeBufferPointer { try body(UnsafeRawBufferPointer($0)) }
    }
  }

  /// The memory that holds the elements, from its start.
  package var storage: MemoryBlock {
    switch self {
    case .uint8(let t): t.storage
    case .int64(let t): t.storage
    case .float16(let t): t.storage
    case .bfloat16(let t): t.storage
    case .float32(let t): t.storage
    }
  }

  /// The tensor as `Float` elements if that is its type.
  public var float: Tensor<Float>? {
    if case .float32(let t) = self { t } else { nil }
  }
}
