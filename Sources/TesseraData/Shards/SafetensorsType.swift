public import TesseraCore

/// An element type of the safetensors format, those that tensors here do not have among them.
///
/// Source: the `Dtype` of the safetensors library 0.8.
public enum SafetensorsType: String, Sendable, Hashable, CaseIterable {
  case bool = "BOOL"
  case float4 = "F4"
  case float6E2M3 = "F6_E2M3"
  case float6E3M2 = "F6_E3M2"
  case uint8 = "U8"
  case int8 = "I8"
  case float8E5M2 = "F8_E5M2"
  case float8E4M3 = "F8_E4M3"
  case float8E8M0 = "F8_E8M0"
  case float8E4M3FNUZ = "F8_E4M3FNUZ"
  case float8E5M2FNUZ = "F8_E5M2FNUZ"
  case int16 = "I16"
  case uint16 = "U16"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case int32 = "I32"
  case uint32 = "U32"
  case float32 = "F32"
  case complex64 = "C64"
  case float64 = "F64"
  case int64 = "I64"
  case uint64 = "U64"

  /// Bits an element.
  public var bitCount: Int {
    switch self {
    case .float4: 4
    case .float6E2M3, .float6E3M2: 6
    case .bool, .uint8, .int8, .float8E5M2, .float8E4M3, .float8E8M0, .float8E4M3FNUZ, .float8E5M2FNUZ: 8
    case .int16, .uint16, .float16, .bfloat16: 16
    case .int32, .uint32, .float32: 32
    case .complex64, .float64, .int64, .uint64: 64
    }
  }

  /// The element type of tensors; nil where no tensor has such elements.
  public var dataType: DataType? {
    switch self {
    case .uint8: .uint8
    case .int64: .int64
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .float32: .float32
    default: nil
    }
  }

  /// The format's type for a tensor's elements.
  public init(_ dataType: DataType) {
    self =
      switch dataType {
      case .uint8: .uint8
      case .int64: .int64
      case .float16: .float16
      case .bfloat16: .bfloat16
      case .float32: .float32
      }
  }

  /// The bytes of so many elements of a shape; nil where the product overflows or ends inside a byte.
  func byteCount(_ shape: [Int]) -> Int? {
    // In bits, as the format counts: a shape of half-byte elements must still fill whole bytes.
    var bits = bitCount
    var isOver = false
    for extent in shape {
      let product = bits.multipliedReportingOverflow(by: extent)
      // A zero behind an overflow would hide it: the library refuses such a shape too.
      isOver = isOver || product.overflow || extent < 0
      bits = product.partialValue
    }
    return isOver || bits % 8 != 0 ? nil : bits / 8
  }
}
