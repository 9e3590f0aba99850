package import TesseraCore

/// What reports group a record by: a question's type, a kind of scene.
package enum RecordCategory {
  /// The members that may say it, in the order in which they are tried.
  package static let names = ["category", "question_type", "kind"]

  /// The first that is a string with something in it. Numbers are ids of other tables, and left alone.
  package static func find(_ record: JSONValue) -> String? {
    for name in names {
      if case .string(let text)? = record[name], !text.isEmpty { return text }
    }
    return nil
  }
}
