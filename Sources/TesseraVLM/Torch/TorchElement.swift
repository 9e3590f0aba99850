public import TesseraCore

/// A Swift type whose array is a torch tensor's memory.
public protocol TorchElement: BitwiseCopyable, Sendable {
  /// The tensor's type for these elements.
  static var torchType: TorchType { get }
}

extension Double: TorchElement { public static var torchType: TorchType { .float64 } }
extension Float: TorchElement { public static var torchType: TorchType { .float32 } }
extension Float16: TorchElement { public static var torchType: TorchType { .float16 } }
extension BFloat16: TorchElement { public static var torchType: TorchType { .bfloat16 } }
extension Int: TorchElement { public static var torchType: TorchType { .int64 } }
extension Int64: TorchElement { public static var torchType: TorchType { .int64 } }
extension Int32: TorchElement { public static var torchType: TorchType { .int32 } }
extension UInt8: TorchElement { public static var torchType: TorchType { .uint8 } }
extension Bool: TorchElement { public static var torchType: TorchType { .bool } }
