/// An expression of a template and its place.
struct JinjaExpression: Sendable {
  indirect enum Kind: Sendable {
    case constant(JinjaValue)
    case name(String)
    case list([JinjaExpression])
    case tuple([JinjaExpression])
    case dictionary([(key: JinjaExpression, value: JinjaExpression)])
    case attribute(JinjaExpression, String)
    case item(JinjaExpression, JinjaExpression)
    case slice(JinjaExpression, start: JinjaExpression?, stop: JinjaExpression?, step: JinjaExpression?)
    case call(JinjaExpression, JinjaCall)
    case filter(JinjaExpression, String, JinjaCall)
    case test(JinjaExpression, String, JinjaCall)
    case not(JinjaExpression)
    case and(JinjaExpression, JinjaExpression)
    case or(JinjaExpression, JinjaExpression)
    case conditional(JinjaExpression, test: JinjaExpression, otherwise: JinjaExpression?)
    case unary(String, JinjaExpression)
    case binary(String, JinjaExpression, JinjaExpression)
    case concatenation([JinjaExpression])
    /// `a < b <= c`.
    case comparison(JinjaExpression, [(mark: String, JinjaExpression)])
  }

  var kind: Kind
  var at: JinjaPosition
}

/// The arguments of a call as they are written.
struct JinjaCall: Sendable {
  var positional: [JinjaExpression] = []
  var named: [(name: String, value: JinjaExpression)] = []
  /// `*list` and `**dictionary`.
  var list: JinjaExpression?
  var dictionary: JinjaExpression?
}

/// What a `for` or a `set` gives values to.
indirect enum JinjaTarget: Sendable {
  case name(String)
  case tuple([JinjaTarget])
  /// A member of a namespace.
  case member(String, String)
}

/// A statement of a template, or text, or an expression to print.
struct JinjaStatement: Sendable {
  indirect enum Kind: Sendable {
    case text(JinjaText)
    case output(JinjaExpression)
    case conditional([(test: JinjaExpression, body: [JinjaStatement])], otherwise: [JinjaStatement])
    case loop(JinjaLoopStatement)
    case set(JinjaTarget, JinjaExpression)
    case setBlock(JinjaTarget, filters: JinjaExpression?, body: [JinjaStatement])
    case macro(JinjaMacro)
    case callBlock(JinjaMacro, JinjaExpression)
    case filterBlock(JinjaExpression, body: [JinjaStatement])
    case with([(JinjaTarget, JinjaExpression)], body: [JinjaStatement])
    case generation([JinjaStatement])
    case breakLoop
    case continueLoop
  }

  var kind: Kind
  var at: JinjaPosition
}

/// `{% for target in items if filter %}`.
struct JinjaLoopStatement: Sendable {
  var target: JinjaTarget
  var items: JinjaExpression
  var filter: JinjaExpression?
  var body: [JinjaStatement]
  var otherwise: [JinjaStatement]
}

/// A macro as it is written.
struct JinjaMacro: Sendable {
  var name: String
  var parameters: [(name: String, otherwise: JinjaExpression?)]
  var body: [JinjaStatement]
}
