internal import TesseraCore

/// What differs between the parameters that a config asks for and those that the files have.
public struct KeyReport: Sendable, Hashable {
  /// A parameter of another shape or type than asked for.
  public struct Mismatch: Sendable, Hashable {
    public let name: String
    public let expected: String
    public let found: String
  }

  /// Names (ours) that no file has.
  public var missing: [String] = []
  /// Names in the files that the model does not have.
  public var unexpected: [String] = []
  public var mismatched: [Mismatch] = []
  /// What the config asks for and is not heeded: where keys differ, it may be why.
  public var remarks: [String] = []

  /// Whether the files have exactly what is asked for.
  public var isEmpty: Bool { missing.isEmpty && unexpected.isEmpty && mismatched.isEmpty }

  /// How many names of a kind a message lists; the properties have all.
  static let shown = 20

  /// The lists, a line for each name, and the remarks.
  public var text: String { ([lists] + remarks).joined(separator: "\n") }

  private var lists: String {
    let groups: [(String, [String])] = [
      ("missing", missing), ("unexpected", unexpected),
      ("of another shape or type", mismatched.map { "\($0.name): \($0.found) instead of \($0.expected)" }),
    ]
    return groups.filter { !$0.1.isEmpty }.map { title, names in
      let more = names.count > Self.shown ? ["… and \(names.count - Self.shown) more"] : []
      return "\(names.count) \(title):\n"
        + (names.prefix(Self.shown) + more).map { "  \($0)" }.joined(separator: "\n")
    }.joined(separator: "\n")
  }

  /// The report as an error.
  func error(path: String, expected: Int, layout: CheckpointLayout) -> TesseraError {
    TesseraError(
      .invalidInput(
        operation: "the model of config.json",
        expected: "exactly its \(expected) parameters (names read as: \(layout.rawValue))", got: "\n\(text)"),
      path: path)
  }
}
