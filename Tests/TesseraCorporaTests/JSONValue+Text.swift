import TesseraCore

extension JSONValue {
  /// A string, or a whole number's digits.
  var text: String? {
    switch self {
    case .string(let text): text
    case .int(let number): String(number)
    default: nil
    }
  }
}
