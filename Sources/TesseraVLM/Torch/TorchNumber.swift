internal import CTorch

/// A number beside a tensor: an integer leaves an integer tensor's type alone, a floating one makes it floating.
public protocol TorchNumber: Sendable {
  /// The number, of its kind.
  var torchScalar: TorchScalar { get }
}

/// A number that keeps its kind.
public enum TorchScalar: Sendable, Hashable {
  case integer(Int)
  case real(Double)

  var raw: ct_scalar {
    switch self {
    case .integer(let value): ct_scalar(is_integer: true, integer: Int64(value), real: 0)
    case .real(let value): ct_scalar(is_integer: false, integer: 0, real: value)
    }
  }
}

extension Int: TorchNumber { public var torchScalar: TorchScalar { .integer(self) } }
extension Double: TorchNumber { public var torchScalar: TorchScalar { .real(self) } }
extension Float: TorchNumber { public var torchScalar: TorchScalar { .real(Double(self)) } }
