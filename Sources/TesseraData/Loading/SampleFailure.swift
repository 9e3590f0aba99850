public import TesseraCore

/// One line of the ledger: a sample that could not be had, and what was done about it.
public struct SampleFailure: Sendable, Hashable, Codable, CustomStringConvertible {
  public var position: BatchPosition
  /// The place in the full batch that the sample was meant for.
  public var slot: Int
  /// The sample's index in its dataset (in a stream, its number).
  public var index: Int
  /// What the sample is called: the picture's path, a tar's member, a line.
  public var name: String
  public var stage: Stage
  public var reason: String
  /// The index of the sample that took the place; nil where a hole was left.
  public var substitute: Int?

  /// `photos/cat/7.jpg (sample 812, decode): JPEG ends after 4096 of 18220 bytes`.
  public var description: String {
    let place = "(sample \(index), \(stage.rawValue))"
    return "\(name.isEmpty ? place : "\(name.printable) \(place)"): \(reason.printable)"
      + (substitute.map { "; sample \($0) stands in" } ?? "")
  }
}
