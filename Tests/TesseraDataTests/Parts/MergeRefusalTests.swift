import Foundation
import TestSupport
import Tessera
import Testing

@Suite("what a merge refuses")
struct MergeRefusalTests {
  typealias Jobs = PreprocessJobTests

  /// Three finished parts.
  static func parts(_ format: PreprocessJob.Format, _ source: TemporaryFolder) throws -> TemporaryFolder {
    let destination = try TemporaryFolder()
    for index in 0..<3 {
      _ = try DividedJobTests.job(source, destination, format, shard: "\(index)/3").run()
    }
    return destination
  }

  /// Expects a refusal that names `words`, and that the folder stays as it is.
  static func refuses(_ folder: TemporaryFolder, _ words: String...) throws {
    let before = try TemporaryFolder.contents(folder.path)
    let error = #expect(throws: TesseraError.self) { try MergeJob(destination: folder.path).run() }
    for word in words {
      #expect(error?.description.contains(word) == true, "\(String(describing: error))")
    }
    #expect(try TemporaryFolder.contents(folder.path) == before)
  }

  static func edit(_ folder: TemporaryFolder, _ name: String, _ change: (inout String) -> Void) throws {
    var text = try String(contentsOfFile: "\(folder.path)/\(name)", encoding: .utf8)
    let before = text
    change(&text)
    #expect(text != before)
    try folder.write(text, name)
  }

  @Test("outputs that are missing or short, by name", arguments: [PreprocessJob.Format.npy, .safetensors])
  func outputs(_ format: PreprocessJob.Format) throws {
    let source = try Jobs.pictures()
    let folder = try Self.parts(format, source)
    let line = try #require(try folder.lines("manifest.part-00001-of-00003.jsonl").last)
    let name = try #require(DividedJobTests.output(line))
    let bytes = try Data(contentsOf: URL(filePath: "\(folder.path)/\(name)"))
    try folder.write([UInt8](bytes.dropLast()), name)
    try Self.refuses(folder, name, "shard 1/3", "\(bytes.count - 1) of \(bytes.count) bytes")
    try FileManager.default.removeItem(atPath: "\(folder.path)/\(name)")
    try Self.refuses(folder, name, "shard 1/3", "missing")
    // The cure that the message names.
    var job = try DividedJobTests.job(source, folder, format, shard: "1/3")
    job.resume = true
    _ = try job.run()
    #expect(try MergeJob(destination: folder.path).run().done == 30)
  }

  @Test("parts that are not finished, all of them with their samples", arguments: [0, 1, 2])
  func unfinished(_ index: Int) throws {
    let folder = try Self.parts(.npy, try Jobs.pictures())
    try FileManager.default.removeItem(atPath: "\(folder.path)/run.part-0000\(index)-of-00003.json")
    try Self.refuses(folder, "shard \(index)/3 (samples \(index)...\(index), ", "--resume")
    try FileManager.default.removeItem(atPath: "\(folder.path)/run.part-0000\((index + 1) % 3)-of-00003.json")
    try Self.refuses(folder, "shard \(index)/3", "shard \((index + 1) % 3)/3")
  }

  @Test("a part that stopped at a failure, and where its list of errors is; the others went on")
  func stopped() throws {
    let source = try Jobs.pictures(damage: true)
    let folder = try TemporaryFolder()
    for index in 0..<3 {
      var job = try DividedJobTests.job(source, folder, .npy, shard: "\(index)/3")
      // Each part has one damaged picture.
      guard index == 2 else {
        _ = try job.run()
        continue
      }
      job.errorPolicy = .stop
      #expect(throws: TesseraError.self) { try job.run() }
    }
    try Self.refuses(folder, "shard 2/3", "errors.part-00002-of-00003.jsonl")
    var job = try DividedJobTests.job(source, folder, .npy, shard: "2/3")
    job.resume = true
    #expect(try job.run().failed == 1)
    _ = try MergeJob(destination: folder.path).run()
    #expect(try TemporaryFolder.contents(folder.path) == DividedJobTests.whole(source, .npy))
  }

  @Test("parts of different numbers, of other settings, of other blocks, of other shapes")
  func mixtures() throws {
    let source = try Jobs.pictures()
    var folder = try Self.parts(.safetensors, source)
    try folder.write("", "errors.part-00001-of-00002.jsonl")
    try Self.refuses(folder, "of 2 and of 3")

    folder = try Self.parts(.safetensors, source)
    try folder.write("", "manifest.part-00003-of-00003.jsonl")
    try Self.refuses(folder, "manifest.part-00003-of-00003.jsonl", "remove the others")

    folder = try Self.parts(.safetensors, source)
    try Self.edit(folder, "run.json") { $0.replace("\"seed\" : 7", with: "\"seed\" : 8") }
    try Self.refuses(folder, "run.json", "shard 0/3 with others")

    folder = try Self.parts(.safetensors, source)
    try Self.edit(folder, "run.part-00002-of-00003.json") { $0.replace("\"block\":4", with: "\"block\":8") }
    try Self.refuses(folder, "--shard-size", "blocks of 8 in shard 2/3")

    folder = try Self.parts(.safetensors, source)
    try Self.edit(folder, "run.part-00001-of-00003.json") { $0.replace("[3, 24, 24]", with: "[3, 24, 25]") }
    try Self.refuses(folder, "one shape", "[3, 24, 25] float32 in shard 1/3")
  }

  @Test("parts whose pictures differ in shape, though each part's are alike")
  func shapes() throws {
    let source = try TemporaryFolder()
    for i in 0..<8 {
      let image = Pictures.ramps(Size(width: i < 4 ? 40 : 50, height: 40), .rgb, seed: UInt64(i))
      try source.write(try PNGEncoder().encode(image), "\(i).png")
    }
    let folder = try TemporaryFolder()
    for index in 0..<2 {
      _ = try DividedJobTests.job(
        source, folder, .safetensors, pipeline: "resize(20)|to_tensor", shard: "\(index)/2"
      )
      .run()
    }
    try Self.refuses(folder, "[3, 20, 20] float32 in shard 0/2", "[3, 20, 25] float32 in shard 1/2")
  }

  @Test("manifests that were edited, samples in two parts or in none")
  func lines() throws {
    let source = try Jobs.pictures()
    var folder = try Self.parts(.npy, source)
    try Self.edit(folder, "manifest.part-00001-of-00003.jsonl") { $0.removeLast(5) }
    try Self.refuses(folder, "manifest.part-00001-of-00003.jsonl")

    // A part whose files are another's under its own name.
    folder = try Self.parts(.npy, source)
    for (stem, end) in [("manifest", "jsonl"), ("errors", "jsonl"), ("run", "json")] {
      let from = try Data(contentsOf: URL(filePath: "\(folder.path)/\(stem).part-00000-of-00003.\(end)"))
      let text = String(decoding: from, as: UTF8.self).replacing("\"part\":\"0/3\"", with: "\"part\":\"1/3\"")
      try folder.write(text, "\(stem).part-00001-of-00003.\(end)")
    }
    try Self.refuses(folder, "sample 0 in shard 0/3 and in shard 1/3")

    folder = try Self.parts(.npy, source)
    for index in 0..<3 {
      try Self.edit(folder, "run.part-0000\(index)-of-00003.json") {
        $0.replace("\"pictures\":30", with: "\"pictures\":32")
      }
    }
    try Self.refuses(folder, "sample 30 and 1 more in none")
  }

  @Test(
    "a part whose list or record is damaged is done again by the cure that the merge names",
    arguments: [PreprocessJob.Format.npy, .safetensors], ["manifest", "errors", "run"])
  func damagedPart(_ format: PreprocessJob.Format, _ stem: String) throws {
    let source = try Jobs.pictures(damage: true)
    let folder = try Self.parts(format, source)
    let name = "\(stem).part-00001-of-00003.\(stem == "run" ? "json" : "jsonl")"
    for cut in stem == "run" ? [true] : [false, true] {
      // A line that can still be read, and one that cannot.
      try Self.edit(folder, name) { text in
        // Not every part has failures.
        if text.isEmpty {
          text = "x"
        } else if cut {
          text.removeLast(3)
        } else {
          text.replace("1", with: "2", maxReplacements: 1)
        }
      }
      try Self.refuses(folder, name, "run shard 1/3 again, with --resume")
      var job = try DividedJobTests.job(source, folder, format, shard: "1/3")
      job.resume = true
      _ = try job.run()
    }
    _ = try MergeJob(destination: folder.path).run()
    #expect(try TemporaryFolder.contents(folder.path) == DividedJobTests.whole(source, format))
  }

  @Test("a run.json that is damaged or lost is named, with what to do")
  func records() throws {
    let source = try Jobs.pictures()
    let folder = try Self.parts(.npy, source)
    try folder.write([0xFF], "run.json")
    try Self.refuses(folder, "run.json", "move them away and begin again")
    var part = try DividedJobTests.job(source, folder, .npy, shard: "1/3")
    part.resume = true
    let job = part
    let damaged = #expect(throws: TesseraError.self) { try job.run() }
    #expect(damaged?.description.contains("move them away") == true)
    try FileManager.default.removeItem(atPath: folder.path + "/run.json")
    let lost = #expect(throws: TesseraError.self) { try job.run() }
    #expect(lost?.description.contains("run.json is lost") == true, "\(lost as Any)")
  }

  @Test("folders that hold no results, results in the making, or another's")
  func folders() throws {
    try Self.refuses(try TemporaryFolder(), "run.json")
    let source = try Jobs.pictures()
    let folder = try TemporaryFolder()
    let control = JobControl()
    _ = try DividedJobTests.job(source, folder, .npy, shard: "0/1").run(control: control) {
      if $0.done == 4 { control.cancel() }
    }
    #expect(throws: TesseraError.self) { try MergeJob(destination: folder.path).run() }
    // Nor does a part begin where one process has not finished.
    var part = try DividedJobTests.job(source, folder, .npy, shard: "0/2")
    part.resume = true
    let error = #expect(throws: TesseraError.self) { try part.run() }
    #expect(error?.description.contains("--shard none --resume") == true)
    #expect(throws: TesseraError.self) { try MergeJob(destination: "/no/such/folder").run() }
  }

  @Test("a folder at which a process is at work; the same part twice; parts of another number")
  func locks() throws {
    let source = try Jobs.pictures()
    let folder = try TemporaryFolder()
    let merge = Guarded([String]())
    let path = folder.path
    let twin = try DividedJobTests.job(source, folder, .npy, shard: "0/3")
    var resumed = twin
    resumed.resume = true
    let other = try DividedJobTests.job(source, folder, .npy, shard: "1/4")
    var whole = try DividedJobTests.job(source, folder, .npy, shard: "0/1")
    whole.resume = true
    let attempts: [@Sendable () throws -> Void] = [
      { _ = try MergeJob(destination: path).run() }, { [resumed] in _ = try resumed.run() },
      { _ = try other.run() }, { [whole] in _ = try whole.run() }, { _ = try twin.run() },
    ]
    var job = twin
    job.threads = 1
    _ = try job.run {
      guard $0.done == 3 else { return }
      for attempt in attempts {
        do {
          try attempt()
          merge.withLock { $0.append("it ran") }
        } catch { merge.withLock { $0.append("\(error)") } }
      }
    }
    let said = merge.withLock { $0 }
    #expect(said.count == 5)
    for (text, word) in zip(said, ["at work", "at work on shard 0/3", "parts of 3", "at work", "--resume"]) {
      #expect(text.contains(word), "\(text)")
    }
    for index in 1..<3 { _ = try DividedJobTests.job(source, folder, .npy, shard: "\(index)/3").run() }
    _ = try MergeJob(destination: folder.path).run()
    #expect(try TemporaryFolder.contents(folder.path) == DividedJobTests.whole(source, .npy))
  }

  @Test("a merge that was killed while it removed the parts is finished by the next")
  func interrupted() throws {
    let source = try Jobs.pictures(damage: true)
    let expected = try DividedJobTests.whole(source, .npy)
    let folder = try Self.parts(.npy, source)
    let parts = try TemporaryFolder.contents(folder.path).filter { $0.key.contains(".part-") }
    _ = try MergeJob(destination: folder.path).run()
    let (manifest, errors) = (
      try #require(expected["manifest.jsonl"]), try #require(expected["errors.jsonl"])
    )
    let marker =
      #"{"errors":"\#(Digest.hex(of: [UInt8](errors)))","manifest":"\#(Digest.hex(of: [UInt8](manifest)))"}"#
    for kept in [0, 1, 5, parts.count] {
      for (name, data) in parts.sorted(by: { $0.key < $1.key }).prefix(kept) {
        try folder.write([UInt8](data), name)
      }
      try folder.write(marker, "merge.json")
      var job = try DividedJobTests.job(source, folder, .npy, shard: "1/3")
      job.resume = true
      let refusal = #expect(throws: TesseraError.self) { try job.run() }
      #expect(refusal?.description.contains("interrupted merge") == true)
      let summary = try MergeJob(destination: folder.path).run()
      #expect(summary.done == 27 && summary.failed == 3)
      #expect(try TemporaryFolder.contents(folder.path) == expected)
    }
    try folder.write(marker.replacing("\":\"", with: "\":\"0"), "merge.json")
    try Self.refuses(folder, "interrupted merge")
  }
}
