internal import TesseraData

/// The first half of a SHA-256: what tells contents apart in sixteen bytes.
struct ContentDigest: Hashable, Sendable {
  private let high: UInt64
  private let low: UInt64

  init(_ digest: consuming Digest) {
    let hex = digest.hex()
    high = UInt64(hex.prefix(16), radix: 16) ?? 0
    low = UInt64(hex.dropFirst(16).prefix(16), radix: 16) ?? 0
  }

  /// Adds the digest to another.
  func update(_ digest: inout Digest) {
    digest.update(Int(bitPattern: UInt(high)))
    digest.update(Int(bitPattern: UInt(low)))
  }
}
