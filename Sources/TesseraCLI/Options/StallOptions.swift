import ArgumentParser

/// When a sample that does not get on is told.
struct StallOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Warn when a picture has been read, worked on or written for so many seconds, with its name and stage: a disk \
      or server that does not answer. 0 for never.
      """, valueName: "seconds"))
  var stallWarning = 60.0

  mutating func validate() throws {
    guard stallWarning >= 0, stallWarning.isFinite else {
      throw ValidationError("--stall-warning must be 0 seconds or more, got \(stallWarning)")
    }
  }

  /// The time; nil for never.
  var patience: Duration? { stallWarning > 0 ? .seconds(min(stallWarning, 1e9)) : nil }
}
