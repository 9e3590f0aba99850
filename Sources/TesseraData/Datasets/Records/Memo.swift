/// A value that is worked out once, when it is first asked for.
final class Memo<Value: Sendable>: Sendable {
  private let known = Guarded<Value?>(nil)

  /// The value; `make` is called the first time, and again after it has thrown.
  func value(_ make: () throws -> Value) rethrows -> Value {
    try known.withLock { known in
      if let known { return known }
      let value = try make()
      known = value
      return value
    }
  }
}
