internal import TesseraCore

/// Nanoseconds that threads spent in each stage, and bytes that went through.
struct StageTimes: Sendable {
  var read: UInt64 = 0
  var draw: UInt64 = 0
  var decode: UInt64 = 0
  var transform: UInt64 = 0
  var collate: UInt64 = 0
  var bytesRead = 0

  static func + (a: StageTimes, b: StageTimes) -> StageTimes {
    StageTimes(
      read: a.read + b.read, draw: a.draw + b.draw, decode: a.decode + b.decode,
      transform: a.transform + b.transform, collate: a.collate + b.collate,
      bytesRead: a.bytesRead + b.bytesRead)
  }

  /// Calls `body` and adds the time it took to a stage.
  mutating func measure<R>(
    _ stage: WritableKeyPath<StageTimes, UInt64>, _ body: () throws -> R
  ) rethrows -> R {
    let start = Clock.nanoseconds()
    defer { self[keyPath: stage] += Clock.nanoseconds() - start }
    return try body()
  }
}
