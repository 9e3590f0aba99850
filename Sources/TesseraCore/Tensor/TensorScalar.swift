/// The element type of a tensor.
public enum DataType: String, Sendable, Hashable, Codable, CaseIterable {
  case uint8, int64, float16, bfloat16, float32

  /// Bytes an element.
  public var byteCount: Int {
    switch self {
    case .uint8: 1
    case .float16, .bfloat16: 2
    case .float32: 4
    case .int64: 8
    }
  }

  public var isFloatingPoint: Bool { self == .float16 || self == .bfloat16 || self == .float32 }
}

/// A type that a tensor can hold.
public protocol TensorScalar: Sendable, Hashable, BitwiseCopyable {
  static var dataType: DataType { get }
  /// Zero.
  init()
}

extension UInt8: TensorScalar {
  public static var dataType: DataType { .uint8 }
}
extension Int64: TensorScalar {
  public static var dataType: DataType { .int64 }
}
extension Float: TensorScalar {
  public static var dataType: DataType { .float32 }
}
#if !(os(macOS) && arch(x86_64))
  extension Float16: TensorScalar {
    public static var dataType: DataType { .float16 }
  }
#endif

/// The upper half of a `Float`: 8 bits of exponent, 7 of significand.
public struct BFloat16: TensorScalar {
  public static var dataType: DataType { .bfloat16 }
  public var bitPattern: UInt16

  public init() { bitPattern = 0 }
  public init(bitPattern: UInt16) { self.bitPattern = bitPattern }

  /// Rounds to nearest, ties to even; every NaN becomes the quiet NaN 0x7FC0 with its sign.
  public init(_ value: Float) {
    let bits = value.bitPattern
    if value.isNaN {
      bitPattern = UInt16(bits >> 16) & 0x8000 | 0x7FC0
    } else {
      bitPattern = UInt16((bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16)
    }
  }
}

extension Float {
  /// Exact.
  public init(_ value: BFloat16) { self.init(bitPattern: UInt32(value.bitPattern) << 16) }
}
