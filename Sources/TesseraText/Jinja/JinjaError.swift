internal import TesseraCore

/// The errors of templates, as facts with their place.
enum JinjaError {
  private static func format(_ at: JinjaPosition) -> String {
    "chat template (line \(at.line), column \(at.column))"
  }

  /// The template's text breaks the language's rules, or an expression cannot be computed.
  static func wrong(_ detail: String, _ at: JinjaPosition) -> TesseraError {
    TesseraError(.corrupt(format: format(at), detail: detail))
  }

  /// Jinja knows it, this interpreter does not.
  static func unsupported(_ construct: String, _ at: JinjaPosition) -> TesseraError {
    TesseraError(.unsupported(format: format(at), feature: construct))
  }

  /// An operation on values that it is not for.
  static func kind(_ operation: String, _ expected: String, _ got: JinjaValue, _ at: JinjaPosition)
    -> TesseraError
  {
    TesseraError(
      .invalidInput(operation: "\(operation) in the \(format(at))", expected: expected, got: got.kind))
  }

  /// The template called `raise_exception`.
  static func raised(_ message: String, _ at: JinjaPosition) -> TesseraError {
    TesseraError(
      .invalidInput(
        operation: "the \(format(at))", expected: "messages that it accepts",
        got: "some that it refuses: \(message)"))
  }

  static func limit(_ what: String, _ limit: Int, found: Int, _ at: JinjaPosition) -> TesseraError {
    TesseraError(.limitExceeded(what: "\(what) in the \(format(at))", limit: limit, found: found))
  }
}
