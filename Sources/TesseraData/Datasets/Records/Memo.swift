private import TesseraCore

/// A value that is worked out once, when it is first asked for.
package final class Memo<Value: Sendable>: Sendable {
  private let known = Guarded<Value?>(nil)

  package init() {}

  /// The value; `make` is called the first time, and again after it has thrown.
  package func value(_ make: () throws -> Value) rethrows -> Value {
    try known.withLock { known in
      if let known { return known }
      let value = try make()
      known = value
      return value
    }
  }
}
