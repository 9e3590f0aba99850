internal import TesseraCore
#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// The functions that every template sees.
package enum JinjaGlobals {
  static let all: [String: JinjaValue] = [
    "range": .function(JinjaFunction("range", range)),
    "dict": .function(
      JinjaFunction("dict") { renderer, arguments, at in
        try renderer.made(.dictionary(try dictionary(arguments, at)), at)
      }),
    "namespace": .function(
      JinjaFunction("namespace") { renderer, arguments, at in
        let namespace = renderer.namespace()
        namespace.members = try dictionary(arguments, at)
        for key in namespace.members.keys {
          if case .text(let name) = key, name.hasPrefix("_") {
            throw JinjaError.wrong("a namespace has no members whose names start with an underscore", at)
          }
        }
        return .namespace(namespace)
      }),
    "raise_exception": .function(
      JinjaFunction("raise_exception") { _, arguments, at in
        let message = try arguments.value(0, "message").map { try JinjaPrinter.text($0, at).string }
        throw JinjaError.raised(message ?? "", at)
      }),
    "strftime_now": .function(
      JinjaFunction("strftime_now") { renderer, arguments, at in
        let format = try JinjaFilters.needed("strftime_now", arguments, 0, "format", at)
        return .text(try renderer.clock(try JinjaPrinter.text(format, at).string))
      }),
    "cycler": unsupported("cycler"), "joiner": unsupported("joiner"), "lipsum": unsupported("lipsum"),
  ]

  private static func unsupported(_ name: String) -> JinjaValue {
    .function(JinjaFunction(name) { _, _, at in throw JinjaError.unsupported("the function '\(name)'", at) })
  }

  private static func range(
    _ renderer: JinjaRenderer, _ arguments: JinjaArguments, _ at: JinjaPosition
  ) throws -> JinjaValue {
    let numbers = try arguments.positional.map { try JinjaFilters.whole($0, 0, at) }
    guard (1...3).contains(numbers.count) else {
      throw JinjaError.wrong("range needs one to three numbers", at)
    }
    let (start, stop) = numbers.count == 1 ? (0, numbers[0]) : (numbers[0], numbers[1])
    let step = numbers.count == 3 ? numbers[2] : 1
    guard step != 0 else { throw JinjaError.wrong("a range with the step 0", at) }
    // In doubles, so that no difference overflows; near the limit they are exact.
    let length = max(0, ((Double(stop) - Double(start)) / Double(step)).rounded(.up))
    guard length <= Double(renderer.limits.range) else {
      throw JinjaError.limit("numbers of a range", renderer.limits.range, found: Int(min(length, 1e18)), at)
    }
    try renderer.spend(Int(length), at)
    return .lazy(stride(from: start, to: stop, by: step).map { .int($0) }, kind: .range)
  }

  /// `dict(other, name=value)`.
  private static func dictionary(_ arguments: JinjaArguments, _ at: JinjaPosition) throws -> JinjaDictionary {
    var result = JinjaDictionary()
    switch arguments.positional.first {
    case nil: break
    case .dictionary(let other)?: result = other
    case let pairs?:
      for pair in try JinjaOrder.items(pairs, at) {
        let items = try JinjaOrder.items(pair, at)
        guard items.count == 2 else { throw JinjaError.kind("dict", "pairs", pair, at) }
        result[items[0]] = items[1]
      }
    }
    for (name, value) in arguments.named { result[.text(name)] = value }
    return result
  }

  /// The local time by C's `strftime`.
  package static func now(_ format: String) throws -> String { try text(of: time(nil), format) }

  /// A time in seconds since 1970 by C's `strftime`.
  package static func text(of seconds: Int, _ format: String) throws -> String {
    var (moment, parts) = (time_t(seconds), tm())
    localtime_r(&moment, &parts)
    guard !format.isEmpty else { return "" }
    // A blank behind, as an empty result and a buffer that is too small look the same.
    let length = 4096
    return try withUnsafeTemporaryAllocation(of: CChar.self, capacity: length) { buffer in
      let count = strftime(buffer.baseAddress!, length, format + " ", &parts)
      guard count > 0 else {
        throw TesseraError(
          .limitExceeded(
            what: "bytes of a date in the chat template", limit: length, found: format.utf8.count))
      }
      return String(decoding: buffer[..<(count - 1)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }
}
