import Foundation

enum Snapshot {
  /// The value, written as JSON and read again.
  static func roundTrip<T: Codable>(_ value: T) throws -> T {
    try JSONDecoder().decode(T.self, from: JSONEncoder().encode(value))
  }
}
