import Foundation
import TestSupport
import TesseraCore
import TesseraTracking
import Testing

@Suite("a run's log")
struct RunLogTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path + "/log.jsonl"
  }

  /// A step as the trainer logs it; `speed` is what the machine adds.
  static func step(_ step: Int, stage: String = "align", speed: Double = 1) -> LogEntry {
    LogEntry(
      .train, stage: stage, step: step,
      [("loss", .number(1 / Float(step + 2))), ("tokens", .int(64 * step))],
      measured: [("tokens_per_second", .number(speed * 1000))])
  }

  func write(_ entries: [LogEntry], resumingAfter position: RunLog.Position? = nil) throws {
    let log = try RunLog(path, resumingAfter: position)
    for entry in entries { try log.append(entry) }
    try log.close()
  }

  var text: String { get throws { try String(contentsOfFile: path, encoding: .utf8) } }

  @Test("a line has step, stage and kind first, the fields in their order, and what was measured last")
  func form() throws {
    try write([
      LogEntry(
        .train, stage: "sft", step: 3,
        [("z", 1), ("loss", 0.25), ("a", "ä\"\n"), ("flag", true), ("list", .list([1, "x"]))],
        measured: [("wait", 0.5)])
    ])
    #expect(
      try text
        == #"{"step":3,"stage":"sft","kind":"train","z":1,"loss":0.25,"a":"ä\"\n","flag":true,"list":[1,"x"],"measured":{"wait":0.5}}"#
        + "\n")
  }

  @Test("numbers have the fewest digits that read back to them; those that JSON lacks are strings")
  func numbers() throws {
    let floats: [Float] = [0.1, 1 / 3, 1e-8, 3.4028235e38, .leastNonzeroMagnitude, 16_777_216, -0.7]
    try write(floats.map { LogEntry(.train, stage: "s", step: 1, [("x", .number($0))]) })
    #expect(try folder.lines("log.jsonl")[0].hasSuffix(#""x":0.1}"#))
    for (entry, value) in zip(try RunLog.entries(of: path), floats) {
      #expect(entry["x"]?.number.map { Float($0) } == value)
    }
    let odd = folder.path + "/odd.jsonl"
    let log = try RunLog(odd)
    try log.append(
      LogEntry(
        .event, stage: "s", step: 1,
        [("a", .number(Double.nan)), ("b", .number(Float.infinity)), ("c", .number(-Double.infinity))]))
    #expect(try folder.lines("odd.jsonl")[0].hasSuffix(#""a":"nan","b":"inf","c":"-inf"}"#))
    let entry = try RunLog.entries(of: odd)[0]
    #expect(
      entry["a"]?.number?.isNaN == true && entry["b"]?.number == .infinity && entry["c"]?.number == -.infinity
    )
  }

  @Test("each line is in the file as soon as it is appended")
  func flushed() throws {
    let log = try RunLog(path)
    for step in 1...3 {
      try log.append(Self.step(step))
      #expect(try folder.lines("log.jsonl").count == step)
    }
  }

  @Test("entries read back equal those written")
  func roundTrip() throws {
    let entries = [
      Self.step(1), LogEntry(.session, stage: "align", step: 1, [("what", "saved")]), Self.step(2),
    ]
    try write(entries)
    #expect(try RunLog.entries(of: path) == entries)
  }

  @Test(
    "killed after any step, a resumed run's log says the same as the uninterrupted one, except for the clock")
  func resume() throws {
    let whole = folder.path + "/whole.jsonl"
    let log = try RunLog(whole)
    for step in 1...9 { try log.append(Self.step(step, speed: 2)) }
    let expected = try RunLog.deterministicBytes(of: whole)
    for checkpoint in 0...8 {
      for died in checkpoint...8 {
        try? FileManager.default.removeItem(atPath: path)
        try write((0..<died).map { Self.step($0 + 1) })
        let resumed = try RunLog(path, resumingAfter: .init(stage: "align", step: checkpoint))
        #expect(resumed.cut == RunLog.Cut(lines: died - checkpoint, wasTorn: false))
        try resumed.append(
          LogEntry(.session, stage: "align", step: checkpoint, [("what", "resumed")]))
        for step in checkpoint..<9 { try resumed.append(Self.step(step + 1, speed: 3)) }
        try resumed.close()
        #expect(
          try RunLog.deterministicBytes(of: path) == expected, "checkpoint \(checkpoint), died at \(died)")
      }
    }
    // The comparison can fail.
    #expect(try RunLog.deterministicDigest(of: path) { "\($0.count)" } == "\(expected.count)")
    try write([Self.step(10)], resumingAfter: .init(stage: "align", step: 9))
    #expect(try RunLog.deterministicBytes(of: path) != expected)
  }

  @Test("what is measured, and how the process went, plays no part in the comparison; a loss does")
  func compared() throws {
    func bytes(_ entries: [LogEntry]) throws -> [UInt8] {
      try? FileManager.default.removeItem(atPath: path)
      try write(entries)
      return try RunLog.deterministicBytes(of: path)
    }
    let base = try bytes([Self.step(1), Self.step(2)])
    #expect(
      try bytes([Self.step(1, speed: 5), LogEntry(.session, stage: "align", step: 1), Self.step(2)]) == base)
    var other = Self.step(2)
    other.fields[0].value = .number(Float(1 / 3).nextUp)
    #expect(try bytes([Self.step(1), other]) != base)
    #expect(!String(decoding: base, as: UTF8.self).contains("measured"))
  }

  @Test("a resume in a stage keeps the stages before and drops those after")
  func stages() throws {
    let entries = [
      Self.step(1, stage: "a"), Self.step(2, stage: "a"), Self.step(1, stage: "b"), Self.step(1, stage: "c"),
    ]
    for (position, kept) in [
      (RunLog.Position(stage: "a", step: 0), 0), (.init(stage: "a", step: 1), 1),
      (.init(stage: "a", step: 2), 2),
      (.init(stage: "b", step: 0), 2), (.init(stage: "b", step: 1), 3), (.init(stage: "c", step: 5), 4),
      (.init(stage: "d", step: 0), 4),
    ] {
      try? FileManager.default.removeItem(atPath: path)
      try write(entries)
      try write([], resumingAfter: position)
      #expect(try RunLog.entries(of: path) == Array(entries.prefix(kept)), "\(position)")
    }
  }

  @Test("a last line torn at any byte is cut, and the lines before it stay")
  func torn() throws {
    try write([Self.step(1), Self.step(2)])
    let bytes = Array(try text.utf8)
    let first = bytes.firstIndex(of: UInt8(ascii: "\n"))! + 1
    for end in first..<bytes.count {
      try Data(bytes[..<end]).write(to: URL(filePath: path))
      #expect(try RunLog.entries(of: path) == [Self.step(1)])
      let log = try RunLog(path, resumingAfter: .init(stage: "align", step: 2))
      #expect(log.cut == RunLog.Cut(lines: 0, wasTorn: end > first))
      try log.append(Self.step(2))
      #expect(try text == String(decoding: bytes, as: UTF8.self))
    }
  }

  @Test("a damaged line before the end is an error with the file and the line's number, and the file stays")
  func damaged() throws {
    try folder.write("{\"step\":1,\"stage\":\"s\",\"kind\":\"train\"}\n{\"step\":2,\n{}\n", "log.jsonl")
    let before = try text
    let error = #expect(throws: TesseraError.self) {
      _ = try RunLog(path, resumingAfter: .init(stage: "s", step: 9))
    }
    #expect(error?.path == path && "\(error!)".contains("line 2"))
    #expect(try text == before)
    #expect(throws: TesseraError.self) { _ = try RunLog.entries(of: path) }
  }

  @Test("a new run does not go on in an old run's log")
  func newRun() throws {
    try write([Self.step(1)])
    let error = #expect(throws: TesseraError.self) { _ = try RunLog(path) }
    #expect("\(error!)".contains("1 lines of an earlier run"))
    #expect(try RunLog.entries(of: path).count == 1)
  }

  @Test("two processes do not write one log")
  func locked() throws {
    let log = try RunLog(path)
    try log.append(Self.step(1))
    let error = #expect(throws: TesseraError.self) {
      _ = try RunLog(path, resumingAfter: .init(stage: "align", step: 0))
    }
    #expect("\(error!)".contains("another process"))
    #expect(try RunLog.entries(of: path).count == 1)
    try log.close()
    #expect(try RunLog(path, resumingAfter: .init(stage: "align", step: 0)).cut.lines == 1)
  }

  @Test("after closing, a line is an error, not lost in silence")
  func closed() throws {
    let log = try RunLog(path)
    try log.close()
    try log.close()
    #expect(throws: TesseraError.self) { try log.append(Self.step(1)) }
  }

  @Test(
    "a full disk is an error with the path; the lines before are whole, and with room the log goes on",
    .enabled(if: FullDisk.canMount))
  func fullDisk() throws {
    let disk = try FullDisk(kilobytes: 64)
    let path = disk.path + "/log.jsonl"
    let log = try RunLog(path)
    var written = 0
    let error = #expect(throws: TesseraError.self) {
      while written < 100_000 {
        try log.append(Self.step(written + 1))
        written += 1
      }
    }
    guard case .io("write", let code, _) = error?.reason else {
      Issue.record("\(error as Any)")
      return
    }
    #expect(code == ENOSPC && error?.path == path && written > 100)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text.hasSuffix("}\n") && text.split(separator: "\n").count == written)
    try disk.grow()
    try log.append(Self.step(written + 1))
    try log.sync()
    #expect(try RunLog.entries(of: path) == (0...written).map { Self.step($0 + 1) })
  }
}
