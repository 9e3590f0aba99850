#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// Python's arithmetic.
enum JinjaArithmetic {
  static func sign(_ mark: String, _ value: JinjaValue, _ at: JinjaPosition) throws -> JinjaValue {
    if let whole = value.whole {
      return mark == "-" ? try checked(whole.multipliedReportingOverflow(by: -1), at) : .int(whole)
    }
    guard let number = value.number else { throw JinjaError.kind("'\(mark)'", "a number", value, at) }
    return .double(mark == "-" ? -number : number)
  }

  static func binary(
    _ mark: String, _ a: JinjaValue, _ b: JinjaValue, _ renderer: JinjaRenderer, _ at: JinjaPosition
  ) throws -> JinjaValue {
    if a.number != nil, b.number != nil { return try numbers(mark, a, b, at) }
    switch (mark, a, b) {
    case ("+", .text(let a), .text(let b)):
      try renderer.spend(a.count + b.count, at)
      return .text(a + b)
    case ("+", .list(let a), .list(let b)):
      try renderer.spend(a.count + b.count, at)
      return .list(a + b)
    case ("+", .tuple(let a), .tuple(let b)):
      try renderer.spend(a.count + b.count, at)
      return .tuple(a + b)
    case ("*", _, _):
      if let count = b.whole, let value = try repeated(a, count, renderer, at) { return value }
      if let count = a.whole, let value = try repeated(b, count, renderer, at) { return value }
    case ("%", .text, _): throw JinjaError.unsupported("'%' on a string", at)
    default: break
    }
    throw JinjaError.kind("'\(mark)'", "two values that go together; beside \(a.kind)", b, at)
  }

  /// Of two numbers.
  static func numbers(_ mark: String, _ a: JinjaValue, _ b: JinjaValue, _ at: JinjaPosition) throws
    -> JinjaValue
  {
    if let a = a.whole, let b = b.whole { return try wholes(mark, a, b, at) }
    return try doubles(mark, a.number ?? .nan, b.number ?? .nan, at)
  }

  private static func repeated(
    _ value: JinjaValue, _ count: Int, _ renderer: JinjaRenderer, _ at: JinjaPosition
  ) throws -> JinjaValue? {
    let times = max(count, 0)
    func spend(_ length: Int) throws {
      let (size, overflow) = length.multipliedReportingOverflow(by: times)
      try renderer.spend(overflow ? .max : size, at)
    }
    switch value {
    case .text(let text):
      try spend(text.count)
      return .text(text.isEmpty ? text : JinjaText(repeatElement(text.scalars, count: times).joined()))
    case .list(let items):
      try spend(items.count)
      return .list(items.isEmpty ? items : Array(repeatElement(items, count: times).joined()))
    case .tuple(let items):
      try spend(items.count)
      return .tuple(items.isEmpty ? items : Array(repeatElement(items, count: times).joined()))
    default: return nil
    }
  }

  private static func checked(
    _ result: (partialValue: Int, overflow: Bool), _ at: JinjaPosition
  ) throws -> JinjaValue {
    if result.overflow { throw JinjaError.unsupported("a whole number beyond 64 bits", at) }
    return .int(result.partialValue)
  }

  private static func wholes(_ mark: String, _ a: Int, _ b: Int, _ at: JinjaPosition) throws -> JinjaValue {
    if b == 0, ["/", "//", "%"].contains(mark) { throw JinjaError.wrong("a division by zero", at) }
    switch mark {
    case "+": return try checked(a.addingReportingOverflow(b), at)
    case "-": return try checked(a.subtractingReportingOverflow(b), at)
    case "*": return try checked(a.multipliedReportingOverflow(by: b), at)
    case "/": return .double(Double(a) / Double(b))
    case "//":
      let (quotient, overflow) = a.dividedReportingOverflow(by: b)
      if overflow { throw JinjaError.unsupported("a whole number beyond 64 bits", at) }
      return .int(a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient)
    case "%":
      if b == -1 { return .int(0) }
      let rest = a % b
      return .int(rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest)
    default: return try power(a, b, at)
    }
  }

  private static func power(_ base: Int, _ exponent: Int, _ at: JinjaPosition) throws -> JinjaValue {
    if exponent < 0 {
      if base == 0 { throw JinjaError.wrong("zero to a negative power", at) }
      return .double(pow(Double(base), Double(exponent)))
    }
    // 0, 1 and -1 do not grow; any other base is beyond 64 bits before its 64th power.
    if base.magnitude < 2 { return .int(base == -1 && exponent % 2 == 0 ? 1 : exponent == 0 ? 1 : base) }
    guard exponent < 64 else { throw JinjaError.unsupported("a whole number beyond 64 bits", at) }
    var result = 1
    for _ in 0..<exponent {
      let (next, overflow) = result.multipliedReportingOverflow(by: base)
      if overflow { throw JinjaError.unsupported("a whole number beyond 64 bits", at) }
      result = next
    }
    return .int(result)
  }

  private static func doubles(_ mark: String, _ a: Double, _ b: Double, _ at: JinjaPosition) throws
    -> JinjaValue
  {
    if b == 0, ["/", "//", "%"].contains(mark) { throw JinjaError.wrong("a division by zero", at) }
    switch mark {
    case "+": return .double(a + b)
    case "-": return .double(a - b)
    case "*": return .double(a * b)
    case "/": return .double(a / b)
    case "%": return .double(modulo(a, b).rest)
    case "//": return .double(modulo(a, b).quotient)
    default:
      if a < 0, b != b.rounded() { throw JinjaError.unsupported("a complex number", at) }
      if a == 0, b < 0 { throw JinjaError.wrong("zero to a negative power", at) }
      return .double(pow(a, b))
    }
  }

  /// CPython's `float_divmod`: the rest has the divisor's sign, the quotient is rounded down.
  private static func modulo(_ a: Double, _ b: Double) -> (quotient: Double, rest: Double) {
    var rest = fmod(a, b)
    var quotient = (a - rest) / b
    if rest != 0, (b < 0) != (rest < 0) {
      rest += b
      quotient -= 1
    } else if rest == 0 {
      rest = Double(signOf: b, magnitudeOf: 0)
    }
    guard quotient != 0 else { return (Double(signOf: a / b, magnitudeOf: 0), rest) }
    let floored = quotient.rounded(.down)
    return (quotient - floored > 0.5 ? floored + 1 : floored, rest)
  }
}
