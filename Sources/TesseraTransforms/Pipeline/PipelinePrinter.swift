/// Writes pipelines as text.
enum PipelinePrinter {
  static func text(_ steps: [StepNode]) -> String { steps.map(text).joined(separator: "|") }

  static func text(_ step: StepNode) -> String {
    if step.arguments.isEmpty { return step.name }
    let arguments = step.arguments.map { argument in
      (argument.isBare ? "" : argument.name.map { $0 + ": " } ?? "") + text(argument.value)
    }
    return "\(step.name)(\(arguments.joined(separator: ", ")))"
  }

  static func text(_ node: ArgumentNode) -> String {
    switch node.kind {
    case .none: "none"
    case .bool(let value): value ? "true" : "false"
    case .int(let value): String(value)
    case .double(let value): number(value)
    case .string(let value): isWord(value) ? value : quote(value)
    case .range(let a, let b): number(a) + "..." + number(b)
    case .list(let nodes): "[" + nodes.map(text).joined(separator: ", ") + "]"
    case .step(let step): text(step)
    }
  }

  /// The shortest digits that read back to the same number; whole numbers without a point.
  static func number(_ value: Double) -> String {
    let text = value.description
    return text.hasSuffix(".0") && text != "-0.0" ? String(text.dropLast(2)) : text
  }

  /// Whether a string can stand without quotes: a letter or underscore, then letters, digits and `_ @ . -`.
  static func isWord(_ text: String) -> Bool {
    guard let first = text.unicodeScalars.first, isLetter(first) else { return false }
    if text == "none" || text == "true" || text == "false" { return false }
    return text.unicodeScalars.allSatisfy { isWordScalar($0) } && !text.contains("...")
  }

  static func isLetter(_ c: Unicode.Scalar) -> Bool {
    ("a"..."z").contains(c) || ("A"..."Z").contains(c) || c == "_"
  }
  static func isWordScalar(_ c: Unicode.Scalar) -> Bool {
    isLetter(c) || ("0"..."9").contains(c) || c == "@" || c == "." || c == "-"
  }

  /// A double-quoted string, as text, YAML and JSON all read it.
  static func quote(_ text: String) -> String {
    var out = "\""
    for c in text.unicodeScalars {
      switch c {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      default: out.unicodeScalars.append(c)
      }
    }
    return out + "\""
  }
}
