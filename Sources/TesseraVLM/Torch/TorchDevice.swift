internal import CTorch

/// Where a tensor's memory lies.
public enum TorchDevice: Sendable, Hashable {
  case cpu
  case cuda(Int)

  /// Reads "cpu", "cuda" (the first) or "cuda:1".
  public init?(_ name: String) {
    switch name {
    case "cpu": self = .cpu
    case "cuda": self = .cuda(0)
    default:
      guard name.hasPrefix("cuda:"), let index = UInt8(name.dropFirst(5)) else { return nil }
      self = .cuda(Int(index))
    }
  }

  var raw: ct_device {
    switch self {
    case .cpu: ct_device(type: 0, index: -1)
    case .cuda(let index): ct_device(type: 1, index: Int32(index))
    }
  }

  init(_ raw: ct_device) {
    self = raw.type == 1 ? .cuda(max(0, Int(raw.index))) : .cpu
  }
}

extension TorchDevice: CustomStringConvertible {
  /// The name that `init(_:)` reads.
  public var description: String {
    switch self {
    case .cpu: "cpu"
    case .cuda(let index): "cuda:\(index)"
    }
  }
}
