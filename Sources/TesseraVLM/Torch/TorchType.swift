internal import CTorch
public import TesseraCore

/// The type of a torch tensor's elements.
public enum TorchType: String, Sendable, Hashable, CaseIterable {
  case float64, float32, float16, bfloat16, int64, int32, uint8, bool

  /// Bytes of one element.
  public var byteCount: Int {
    switch self {
    case .float64, .int64: 8
    case .float32, .int32: 4
    case .float16, .bfloat16: 2
    case .uint8, .bool: 1
    }
  }

  /// Whether elements are of a floating type (the only ones that have gradients).
  public var isFloatingPoint: Bool {
    switch self {
    case .float64, .float32, .float16, .bfloat16: true
    case .int64, .int32, .uint8, .bool: false
    }
  }

  /// libtorch's number of the type.
  var code: Int32 {
    switch self {
    case .uint8: Int32(CT_UINT8)
    case .int32: Int32(CT_INT32)
    case .int64: Int32(CT_INT64)
    case .float16: Int32(CT_FLOAT16)
    case .float32: Int32(CT_FLOAT32)
    case .float64: Int32(CT_FLOAT64)
    case .bool: Int32(CT_BOOL)
    case .bfloat16: Int32(CT_BFLOAT16)
    }
  }

  init?(code: Int32) {
    guard let type = Self.allCases.first(where: { $0.code == code }) else { return nil }
    self = type
  }

  /// The loader's type of the same elements.
  public init(_ type: DataType) {
    switch type {
    case .uint8: self = .uint8
    case .int64: self = .int64
    case .float16: self = .float16
    case .bfloat16: self = .bfloat16
    case .float32: self = .float32
    }
  }

  /// The same elements as the loader's type, if it has one.
  public var dataType: DataType? { DataType(rawValue: rawValue) }
}
