internal import TesseraCore

/// The log of a run: a file of JSON lines, each written out as soon as it is there.
///
/// A line has `step`, `stage` and `kind`, then what the same run gives again, and last, under `measured`, what the
/// clock and the machine said. So the log of a run that was killed and resumed can be compared with that of one that
/// was not: `deterministicDigest` leaves out what was measured, and the lines of kind `session`.
///
/// What belongs to a step is written before that step's checkpoint: on resume, lines past the checkpoint are cut, and
/// those of its own step stay.
public final class RunLog: Sendable {
  /// Where a run goes on.
  public struct Position: Sendable, Equatable {
    public var stage: String
    public var step: Int

    /// After a step of a stage; 0 is before its first.
    public init(stage: String, step: Int) { (self.stage, self.step) = (stage, step) }
  }

  /// What opening a log took from its end.
  public struct Cut: Sendable, Equatable {
    /// Whole lines past the step where the run goes on.
    public var lines = 0
    /// Whether the last line was torn.
    public var wasTorn = false

    package init(lines: Int = 0, wasTorn: Bool = false) { (self.lines, self.wasTorn) = (lines, wasTorn) }
  }

  /// The file.
  public let path: String
  /// What was cut when the log was opened.
  public let cut: Cut
  private let file: AppendFile

  /// Opens a log, a new one if there is none.
  ///
  /// - Parameter position: where the run goes on; nil starts a new run, for which there must be no log with lines yet.
  /// - Throws: `io`; `corrupt` with the line's number if a line that is kept cannot be read; `invalidArgument` if a new
  ///   run would go on in the log of an old one.
  public init(_ path: String, resumingAfter position: Position? = nil) throws {
    self.path = path
    do {
      file = try AppendFile(path)
      let (keep, cut) = try Self.end(of: try AppendFile.read(path), after: position)
      if keep < file.length { try file.cut(to: keep) }
      self.cut = cut
    } catch let error as TesseraError {
      throw error.with(path: path)
    }
  }

  /// Writes a line out; whole, or not at all.
  ///
  /// - Throws: `io` with the path, as on a full disk. The lines before stay, and a later line may succeed.
  public func append(_ entry: LogEntry) throws { try file.append(Array((entry.line + "\n").utf8)) }

  /// Waits until the disk has every line: before a checkpoint is given its name, so that no checkpoint is ahead of
  /// its log even if the power fails.
  public func sync() throws { try file.sync() }

  /// Closes the file.
  public func close() throws { try file.close() }

  // MARK: reading

  /// The lines of a log; a torn last one is left out.
  ///
  /// - Throws: `io`; `corrupt` with the line's number.
  public static func entries(of path: String) throws -> [LogEntry] {
    var entries: [LogEntry] = []
    do {
      let bytes = try AppendFile.read(path)
      for line in lines(bytes).whole { entries.append(try entry(bytes, line, number: entries.count + 1)) }
    } catch let error as TesseraError {
      throw error.with(path: path)
    }
    return entries
  }

  /// What the same run gives again: the lines without what was measured, without those of kind `session`.
  public static func deterministicBytes(of path: String) throws -> [UInt8] {
    Array(try entries(of: path).compactMap(\.deterministicLine).map { $0 + "\n" }.joined().utf8)
  }

  /// The digest of `deterministicBytes`.
  ///
  /// - Parameter digest: such as SHA-256 in hexadecimal digits.
  public static func deterministicDigest(of path: String, by digest: ([UInt8]) -> String) throws -> String {
    digest(try deterministicBytes(of: path))
  }

  // MARK: cutting

  /// How many bytes stay, and what goes.
  private static func end(of bytes: [UInt8], after position: Position?) throws -> (Int, Cut) {
    let (whole, isTorn) = lines(bytes)
    guard let position else {
      guard whole.isEmpty else {
        throw TesseraError(
          .invalidArgument(
            name: "the log of a new run", expected: "a file without lines (resume, or give another folder)",
            got: "\(whole.count) lines of an earlier run"))
      }
      return (0, Cut(wasTorn: isTorn))
    }
    var hasStage = false
    for (index, line) in whole.enumerated() {
      let entry = try entry(bytes, line, number: index + 1)
      // Stages follow one another: what comes after the stage's lines is a later one, which starts anew.
      let isPast = entry.stage == position.stage ? entry.step > position.step : hasStage
      if isPast { return (line.lowerBound, Cut(lines: whole.count - index, wasTorn: isTorn)) }
      hasStage = hasStage || entry.stage == position.stage
    }
    return (whole.last.map { $0.upperBound + 1 } ?? 0, Cut(wasTorn: isTorn))
  }

  /// Where the lines lie, their ends left out; a last one without its end is torn.
  private static func lines(_ bytes: [UInt8]) -> (whole: [Range<Int>], isTorn: Bool) {
    var whole: [Range<Int>] = []
    var start = 0
    for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
      whole.append(start..<index)
      start = index + 1
    }
    return (whole, start < bytes.count)
  }

  private static func entry(_ bytes: [UInt8], _ line: Range<Int>, number: Int) throws -> LogEntry {
    do { return try LogEntry(line: Array(bytes[line])) } catch let error as TesseraError {
      throw TesseraError(.corrupt(format: "the log", detail: "line \(number): \(error.reason)"))
    }
  }
}
