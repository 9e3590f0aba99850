internal import TesseraCore

/// Which part of a job one of several processes does: part `index` of `count`, as in `--shard 2/4`.
///
/// Every process gets the whole list and works on its own part of it; `MergeJob` joins what they wrote. The
/// parts are a pure function of the list and the assignment, so a lost process is replaced by starting it again.
public struct ShardAssignment: Sendable, Hashable {
  /// Which part, from 0.
  public let index: Int
  /// How many parts there are; 1 means that nothing is divided.
  public let count: Int

  /// The largest number of parts. A journal, a manifest and a lock each is what one costs.
  public static let limit = 99_999

  /// Part `index` of `count`.
  ///
  /// - Throws: `invalidArgument` unless 0 ≤ index < count ≤ `limit`.
  public init(index: Int, count: Int) throws {
    guard (1...Self.limit).contains(count), (0..<count).contains(index) else {
      throw Self.fault(
        count < 1 || count > Self.limit
          ? "a number of parts from 1 to \(Self.limit)"
          : "a part from 0 to \(count - 1) (parts are counted from 0)", "\(index)/\(count)")
    }
    self.index = index
    self.count = count
  }

  /// Reads `i/n`: two whole numbers and a slash, nothing else.
  ///
  /// - Throws: `invalidArgument` that says what is allowed.
  public init(_ text: String) throws {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let index = Self.number(parts[0]), let count = Self.number(parts[1]) else {
      throw Self.fault("i/n with 0 ≤ i < n, such as 0/4", "'\(text)'")
    }
    try self.init(index: index, count: count)
  }

  /// The whole job in one process.
  public static let whole = ShardAssignment()

  private init() { (index, count) = (0, 1) }

  /// Whether one process does everything.
  public var isWhole: Bool { count == 1 }

  /// Digits only: neither signs nor spaces, which `Int` would take or mistake.
  static func number(_ text: some StringProtocol) -> Int? {
    text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(text) : nil
  }

  private static func fault(_ expected: String, _ got: String) -> TesseraError {
    TesseraError(.invalidArgument(name: "the shard", expected: expected, got: got))
  }
}

extension ShardAssignment: CustomStringConvertible {
  /// `2/4`.
  public var description: String { "\(index)/\(count)" }
}

extension ShardAssignment: Codable {
  public init(from decoder: any Decoder) throws {
    try self.init(try decoder.singleValueContainer().decode(String.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
