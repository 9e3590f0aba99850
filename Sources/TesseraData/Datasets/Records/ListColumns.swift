internal import TesseraCore
internal import TesseraTransforms

/// Which columns of a list hold what.
struct ListColumns: Sendable {
  /// Names for one thing in the order in which they are tried.
  struct Column: Sendable {
    let names: [String]
    /// Whether the caller said so: then it must be there.
    let isNamed: Bool

    init(_ name: String?, default names: [String]) {
      self.names = name.map { [$0] } ?? names
      isNamed = name != nil
    }

    /// The value of the first of the names that has one.
    func value(in record: Record) -> JSONValue? {
      for name in names { if let value = record[name] { return value } }
      return nil
    }

    /// The name under which it stands in a header, if it does.
    func found(in header: [String]) -> String? { names.first { header.contains($0) } }
  }

  static let pathNames = ["path", "file_name", "image"]
  static let labelNames = ["label", "class"]
  static let textNames = ["text", "caption"]

  let path: Column
  let label: Column
  let text: Column

  init(path: String?, label: String?, text: String?, textNames: [String] = ListColumns.textNames) {
    self.path = Column(path, default: Self.pathNames)
    self.label = Column(label, default: Self.labelNames)
    self.text = Column(text, default: textNames)
  }

  /// Checks that the columns that must be there are.
  ///
  /// - Parameters:
  ///   - names: all columns that the list has.
  ///   - requiresText: a text must be there though nobody named its column.
  /// - Throws: `invalidArgument` with the columns that there are, and the nearest.
  func check(_ names: [String], requiresText: Bool = false) throws {
    let wanted = [
      ("path", path, true), ("label", label, label.isNamed), ("text", text, text.isNamed || requiresText),
    ]
    for (what, column, isRequired) in wanted where isRequired && column.found(in: names) == nil {
      let shown = names.prefix(20).map { "'\($0)'" }.joined(separator: ", ")
      throw TesseraError(
        .invalidArgument(
          name: "the column of the \(what)", expected: names.isEmpty ? "in the list" : "one of \(shown)",
          got: column.names.map { "'\($0)'" }.joined(separator: " or ")
            + Suggestion.near(column.names[0], among: names)))
    }
  }
}
