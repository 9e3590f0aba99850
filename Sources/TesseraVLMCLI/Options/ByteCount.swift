import ArgumentParser
import Foundation

/// A number of bytes as people write it: `5GB`, `500MB`, `2GiB`, `4096`.
struct ByteCount: ExpressibleByArgument, Equatable {
  var bytes: Int

  private static let units: [(String, Double)] = [
    ("KIB", 1024), ("MIB", 1_048_576), ("GIB", 1_073_741_824), ("KB", 1e3), ("MB", 1e6), ("GB", 1e9),
    ("TB", 1e12), ("B", 1),
  ]

  init(bytes: Int) { self.bytes = bytes }

  init?(argument: String) {
    let text = argument.uppercased()
    let (unit, scale) = Self.units.first { text.hasSuffix($0.0) } ?? ("", 1)
    let digits = text.dropLast(unit.count)
    // Digits with one point: Double also reads "nan", "0x10" and "1e9".
    guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber || $0 == "." }),
      let number = Double(digits), case let bytes = number * scale, bytes >= 1, bytes <= 1e18
    else { return nil }
    self.bytes = Int(bytes)
  }

  var defaultValueDescription: String { Self.words(bytes) }

  /// `4.96 GB`, `512 kB`, `96 B`: powers of 1000.
  static func words(_ bytes: Int) -> String {
    let steps: [(String, Double)] = [("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)]
    guard let (unit, scale) = steps.first(where: { Double(bytes) >= $0.1 }) else { return "\(bytes) B" }
    let value = Double(bytes) / scale
    let text = String(format: value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value)
    return "\(text) \(unit)"
  }
}
