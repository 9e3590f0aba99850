import Foundation
import TestSupport
import Tessera
import TesseraTracking
import Testing

/// Event files, read back with the real TensorBoard.
@Suite("event files for TensorBoard")
struct TensorBoardTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// What the real package finds in a folder.
  struct Found: Decodable {
    var scalars: [String: [[Double]]]
    var texts: [String: [String]]
    var textSteps: [String: [Int]]
    var pictures: [String: [[Int]]]
    var version: Double
  }

  static let reader = """
    from tensorboard.backend.event_processing import event_accumulator as ea, plugin_event_accumulator as pa
    sizes = {ea.SCALARS: 0, ea.IMAGES: 0, ea.TENSORS: 0}
    a = ea.EventAccumulator(folder, size_guidance=sizes)
    a.Reload()
    tags = a.Tags()
    out = {"scalars": {t: [[e.step, e.value] for e in a.Scalars(t)] for t in tags["scalars"]},
           "texts": {t: [s.decode() for e in a.Tensors(t) for s in e.tensor_proto.string_val] for t in tags["tensors"]
                     if a.SummaryMetadata(t).plugin_data.plugin_name == "text"},
           "textSteps": {t: [e.step for e in a.Tensors(t)] for t in tags["tensors"]},
           "pictures": {}, "version": a.file_version}
    for t in tags["images"]:
        for e in a.Images(t):
            with Image.open(io.BytesIO(e.encoded_image_string)) as p:
                assert p.size == (e.width, e.height)
                out["pictures"].setdefault(t, []).append([e.step, e.width, e.height, *p.convert("RGB").getpixel((1, 0))])
    # The server's own reader, which turns every kind of summary into tensors of a plugin.
    b = pa.EventAccumulator(folder, size_guidance={pa.TENSORS: 0})
    b.Reload()
    for t in tags["scalars"]:
        assert b.SummaryMetadata(t).plugin_data.plugin_name == "scalars", t
        assert len(b.Tensors(t)) == len(out["scalars"][t]), t
    for t in tags["images"]:
        assert b.SummaryMetadata(t).plugin_data.plugin_name == "images", t
    """

  func read(_ folder: String) async throws -> Found {
    try await Oracle.tensorBoard.run(Self.reader, ["folder": .string(folder)]).json(Found.self)
  }

  static func losses(_ writer: TensorBoardWriter, _ steps: ClosedRange<Int>) throws {
    for step in steps { try writer.scalars([("loss", 1 / Double(step)), ("lr", 1e-3)], step: step) }
  }

  @Test("TensorBoard reads numbers, texts and pictures as they were written")
  func all() async throws {
    let writer = try TensorBoardWriter(folder: folder.path)
    #expect(writer.cutRecords == 0)
    let values = [0, -1.5, 1e-30, 3e38, 0.1]
    for (index, value) in values.enumerated() { try writer.scalar("train/loss", value, step: index * 1000) }
    try writer.scalar("late", 1, step: 5_000_000_000)
    let text = "| a | b |\n|---|---|\n| 红 | 🎈 |"
    try writer.text("config", text, step: 0)
    try writer.text("config", "two", step: 7)
    let image = Image(size: Size(width: 3, height: 2), format: .rgb, bytes: (0..<18).map { UInt8($0 * 9) })
    try writer.image("samples/0", png: try PNGEncoder().encode(image), step: 4)
    let found = try await read(folder.path)
    #expect(found.version == 2)
    #expect(found.scalars["train/loss"]?.map { $0[0] } == [0, 1000, 2000, 3000, 4000])
    #expect(found.scalars["train/loss"]?.map { Float($0[1]) } == values.map { Float($0) })
    #expect(found.scalars["late"] == [[5_000_000_000, 1]])
    #expect(found.texts["config/text_summary"] == [text, "two"])
    #expect(found.textSteps["config/text_summary"] == [0, 7])
    #expect(found.pictures["samples/0"] == [[4, 3, 2, 27, 36, 45]])
  }

  @Test("losses that are no numbers reach TensorBoard as such")
  func notFinite() async throws {
    let writer = try TensorBoardWriter(folder: folder.path)
    try writer.scalar("loss", .nan, step: 1)
    try writer.scalar("loss", .infinity, step: 2)
    let reply = try await Oracle.tensorBoard.run(
      """
      from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
      a = EventAccumulator(folder); a.Reload()
      out = [repr(e.value) for e in a.Scalars("loss")]
      """, ["folder": .string(folder.path)])
    #expect(try reply.json([String].self) == ["nan", "inf"])
  }

  @Test("the file is named as TensorBoard's own, and each record is there at once")
  func name() async throws {
    let writer = try TensorBoardWriter(folder: folder.path + "/a/b")
    let second = try TensorBoardWriter(folder: folder.path + "/a/b")
    let name = try #require(writer.path.split(separator: "/").last)
    #expect(name.wholeMatch(of: /events\.out\.tfevents\.\d{10}\..+\.\d+\.\d+/) != nil)
    #expect(writer.path < second.path, "a later process comes later in the order of reading")
    for step in 1...3 {
      try Self.losses(second, step...step)
      #expect(try await read(folder.path + "/a/b").scalars["loss"]?.count == step)
    }
  }

  @Test(
    "killed after any step and resumed, TensorBoard shows each step once, even where it had shown later ones already",
    arguments: [0, 1, 4, 7])
  func resume(_ checkpoint: Int) async throws {
    let first = try TensorBoardWriter(folder: folder.path)
    try Self.losses(first, 1...7)
    try first.close()
    let second = try TensorBoardWriter(folder: folder.path, resumingAfter: checkpoint)
    #expect(second.cutRecords == 7 - checkpoint)
    try Self.losses(second, checkpoint + 1...9)
    let found = try await read(folder.path)
    #expect(found.scalars["loss"]?.map { $0[0] } == (1...9).map { Double($0) })
    // And again, from a step of the second process.
    try second.close()
    let third = try TensorBoardWriter(folder: folder.path, resumingAfter: 8)
    #expect(third.cutRecords == 1)
    try Self.losses(third, 9...10)
    #expect(try await read(folder.path).scalars["loss"]?.map { $0[0] } == (1...10).map { Double($0) })
  }

  @Test("a reader that has shown steps past the resume drops them when it sees the new file")
  func purge() async throws {
    let first = try TensorBoardWriter(folder: folder.path)
    try Self.losses(first, 1...7)
    // Both of the package's readers, which live on in the oracle between the calls.
    let before = try await Oracle.tensorBoard.run(
      """
      import builtins
      from tensorboard.backend.event_processing import event_accumulator as ea, plugin_event_accumulator as pa
      builtins.readers = [ea.EventAccumulator(folder), pa.EventAccumulator(folder)]
      for r in readers: r.Reload()
      out = [[e.step for e in readers[0].Scalars("loss")], [e.step for e in readers[1].Tensors("loss")]]
      """, ["folder": .string(folder.path)])
    #expect(try before.json([[Int]].self) == [Array(1...7), Array(1...7)])
    let second = try TensorBoardWriter(folder: folder.path, resumingAfter: 3)
    try Self.losses(second, 4...5)
    let after = try await Oracle.tensorBoard.run(
      """
      for r in readers: r.Reload()
      out = [[e.step for e in readers[0].Scalars("loss")], [e.step for e in readers[1].Tensors("loss")]]
      """)
    #expect(try after.json([[Int]].self) == [Array(1...5), Array(1...5)])
  }

  @Test("another program's event file in the folder is left alone")
  func foreign() async throws {
    let reply = try await Oracle.tensorBoard.run(
      """
      import os
      from tensorboard.summary.writer.event_file_writer import EventFileWriter
      from tensorboard.compat.proto import event_pb2, summary_pb2
      w = EventFileWriter(folder)
      v = summary_pb2.Summary.Value(tag="other", simple_value=1)
      w.add_event(event_pb2.Event(wall_time=1, step=9, summary=summary_pb2.Summary(value=[v])))
      w.close()
      out = os.listdir(folder)
      """, ["folder": .string(folder.path)])
    let path = folder.path + "/" + (try #require(try reply.json([String].self).first))
    let before = try Data(contentsOf: URL(filePath: path))
    let writer = try TensorBoardWriter(folder: folder.path, resumingAfter: 3)
    #expect(writer.cutRecords == 0 && before.count > 60)
    #expect(try Data(contentsOf: URL(filePath: path)) == before)
  }

  @Test("a record torn at any byte is cut on resume, and those before it stay")
  func torn() async throws {
    let first = try TensorBoardWriter(folder: folder.path)
    try Self.losses(first, 1...2)
    try first.sync()
    let whole = try Data(contentsOf: URL(filePath: first.path)).count
    try Self.losses(first, 3...3)
    try first.close()
    let bytes = try Data(contentsOf: URL(filePath: first.path))
    for end in whole + 1..<bytes.count {
      let inner = try TemporaryFolder()
      let path = inner.path + "/events.out.tfevents.0000000001.h.1.0"
      try bytes[..<end].write(to: URL(filePath: path))
      #expect(try TensorBoardWriter(folder: inner.path, resumingAfter: 2).cutRecords == 1)
      #expect(try Data(contentsOf: URL(filePath: path)) == bytes[..<whole])
    }
    #expect(try await read(folder.path).scalars["loss"]?.count == 3)
  }

  @Test("a length that is damaged is not allocated: what follows the last whole record goes")
  func damaged() throws {
    let first = try TensorBoardWriter(folder: folder.path)
    try Self.losses(first, 1...3)
    try first.close()
    var bytes = try Data(contentsOf: URL(filePath: first.path))
    let start = bytes.count
    // A frame whose length, of 2⁶², has a right checksum.
    let length = withUnsafeBytes(of: UInt64(1 << 62).littleEndian) { Data($0) }
    bytes += length + withUnsafeBytes(of: CRC32C.masked(length).littleEndian) { Data($0) } + Data(count: 40)
    try bytes.write(to: URL(filePath: first.path))
    #expect(try TensorBoardWriter(folder: folder.path, resumingAfter: 3).cutRecords == 1)
    #expect(try Data(contentsOf: URL(filePath: first.path)).count == start)
  }

  @Test("what is no PNG file is an error, and nothing is written")
  func noPicture() throws {
    let writer = try TensorBoardWriter(folder: folder.path)
    let before = try Data(contentsOf: URL(filePath: writer.path))
    #expect(throws: TesseraError.self) { try writer.image("x", png: Array("GIF89a".utf8), step: 1) }
    #expect(try Data(contentsOf: URL(filePath: writer.path)) == before)
  }

  @Test(
    "a full disk is an error with the path; the records before are whole, and with room the file goes on",
    .enabled(if: FullDisk.canMount))
  func fullDisk() async throws {
    let disk = try FullDisk(kilobytes: 64)
    let writer = try TensorBoardWriter(folder: disk.path + "/tb")
    var steps = 0
    let error = #expect(throws: TesseraError.self) {
      while steps < 100_000 {
        try Self.losses(writer, steps + 1...steps + 1)
        steps += 1
      }
    }
    guard case .io(_, ENOSPC, _) = error?.reason, steps > 100 else {
      Issue.record("\(error as Any)")
      return
    }
    #expect(error?.path == writer.path)
    #expect(try await read(disk.path + "/tb").scalars["loss"]?.count == steps)
    try disk.grow()
    try Self.losses(writer, steps + 1...steps + 1)
    #expect(try await read(disk.path + "/tb").scalars["loss"]?.count == steps + 1)
  }
}
