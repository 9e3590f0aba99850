private import Foundation
internal import TesseraCore
internal import TesseraTracking

extension FuzzTarget {
  static let tracking = [
    FuzzTarget("tensorboard", mend: Checksums.records) { try TensorBoardCheck.run($0) },
    FuzzTarget("runlog") { try RunLogCheck.run($0) },
  ]
}

/// An event file of an earlier process: what is past a step goes, and once it is gone nothing more does.
enum TensorBoardCheck {
  static func run(_ bytes: UnsafeRawBufferPointer) throws {
    let path = try ScratchFolder.write(bytes, "events.out.tfevents.1.h.1.0")
    defer { ScratchFolder.remove(path) }
    _ = try cut()
    let size = ScratchFolder.stamp(path).size
    try BrokenPromise.unless(size <= bytes.count, "\(bytes.count) bytes became \(size)")
    let again = try cut()
    try BrokenPromise.unless(again == 0, "\(again) records went the second time")
    try BrokenPromise.unless(ScratchFolder.stamp(path).size == size, "the second time it shrank further")
  }

  private static func cut() throws -> Int {
    let writer = try TensorBoardWriter(folder: ScratchFolder.path, resumingAfter: 2)
    ScratchFolder.remove(writer.path)
    defer { try? writer.close() }
    return writer.cutRecords
  }
}

/// A run's log: a line that is read is written again as it is read; the report takes what the log holds.
enum RunLogCheck {
  static func run(_ bytes: UnsafeRawBufferPointer) throws {
    let path = try ScratchFolder.write(bytes, "log.jsonl")
    let entries = try RunLog.entries(of: path)
    for entry in entries {
      let back = try LogEntry(line: Array(entry.line.utf8))
      try BrokenPromise.unless(back == entry, "'\(entry.line)' reads back as '\(back.line)'")
    }
    var report = RunReport(title: "fuzz", result: "")
    report.add(TrainingCurves(entries))
    _ = report.html()
    let log = try RunLog(path, resumingAfter: RunLog.Position(stage: "a", step: 2))
    try log.close()
    try BrokenPromise.unless(try RunLog.entries(of: path).count <= entries.count, "the cut log is longer")
  }
}
