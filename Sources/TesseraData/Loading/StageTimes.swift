internal import TesseraCore

/// Nanoseconds that threads spent in each stage, and bytes that went through.
struct StageTimes: Sendable {
  var read: UInt64 = 0
  var draw: UInt64 = 0
  var decode: UInt64 = 0
  var transform: UInt64 = 0
  var collate: UInt64 = 0
  var bytesRead = 0
  /// Where the thread says what it is at.
  var post: StallWatch.Post?

  static func + (a: StageTimes, b: StageTimes) -> StageTimes {
    StageTimes(
      read: a.read + b.read, draw: a.draw + b.draw, decode: a.decode + b.decode,
      transform: a.transform + b.transform, collate: a.collate + b.collate,
      bytesRead: a.bytesRead + b.bytesRead)
  }

  /// Calls `body` and adds the time it took to a stage.
  ///
  /// - Parameter stage: `header` counts as `draw`.
  mutating func measure<R>(_ stage: Stage, _ body: () throws -> R) rethrows -> R {
    post?.enter(stage)
    let start = Clock.nanoseconds()
    defer { add(Clock.nanoseconds() - start, to: stage) }
    return try body()
  }

  private mutating func add(_ time: UInt64, to stage: Stage) {
    switch stage {
    case .list, .read: read += time
    case .header: draw += time
    case .decode: decode += time
    case .transform, .tensor: transform += time
    case .collate, .encode, .write: collate += time
    }
  }
}
