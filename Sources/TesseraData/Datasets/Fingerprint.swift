/// What tells one dataset from another: a SHA-256 of everything that decides which sample is where.
///
/// A loader's state carries it, so that a run is not resumed on data that changed in between.
public struct Fingerprint: Sendable, Hashable, Codable, CustomStringConvertible {
  /// 64 hexadecimal digits.
  public let hex: String

  /// The fingerprint of some parts in their order; the parts cannot run into each other.
  public init(_ parts: String...) { self.init(parts) }

  public init(_ parts: [String]) {
    var digest = Digest()
    for part in parts { digest.update(part) }
    hex = digest.hex()
  }

  /// The fingerprint that a digest has come to.
  package init(_ digest: consuming Digest) { hex = digest.hex() }

  public init(from decoder: any Decoder) throws {
    hex = try decoder.singleValueContainer().decode(String.self)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(hex)
  }

  /// The first twelve digits: enough for people.
  public var description: String { String(hex.prefix(12)) }
}
