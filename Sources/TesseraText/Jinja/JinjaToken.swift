/// A piece of a template.
struct JinjaToken: Sendable {
  enum Kind: Sendable, Equatable {
    /// Text outside of tags.
    case data(JinjaText)
    case variableBegin, variableEnd, blockBegin, blockEnd
    case name(String)
    case string(JinjaText)
    case int(Int)
    case double(Double)
    case mark(String)
    case end
  }

  var kind: Kind
  var at: JinjaPosition

  /// As a message shows it.
  var text: String {
    switch kind {
    case .data: "text"
    case .variableBegin: "'{{'"
    case .variableEnd: "'}}'"
    case .blockBegin: "'{%'"
    case .blockEnd: "'%}'"
    case .name(let name): "'\(name)'"
    case .string: "a string"
    case .int, .double: "a number"
    case .mark(let mark): "'\(mark)'"
    case .end: "the template's end"
    }
  }
}
