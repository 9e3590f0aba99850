import Foundation
import TestSupport
import Tessera
import Testing

@Suite("preprocess jobs")
struct PreprocessJobTests {
  static let random = "random_crop(24)|random_horizontal_flip|to_tensor|normalize(imagenet)"

  /// Thirty pictures in three classes, of several sizes and kinds; with `damage`, every tenth is cut short.
  static func pictures(damage: Bool = false) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for i in 0..<30 {
      let size = Size(width: 40 + i % 7, height: 33 + i % 5)
      let image = Pictures.ramps(size, i % 4 == 0 ? .gray : .rgb, seed: UInt64(i))
      var bytes = i % 2 == 0 ? try PNGEncoder().encode(image) : try JPEGEncoder(quality: 80).encode(image)
      if damage && i % 10 == 3 { bytes.removeLast(bytes.count / 2) }
      try folder.write(bytes, "\(["cat", "dog", "eel"][i % 3])/\(i / 10)\(i).\(i % 2 == 0 ? "png" : "jpg")")
    }
    return folder
  }

  static func job(
    _ source: TemporaryFolder, _ destination: TemporaryFolder, _ format: PreprocessJob.Format = .npy,
    pipeline: String = random, threads: Int = 2
  ) throws -> PreprocessJob {
    var job = PreprocessJob(
      source: source.path, destination: destination.path, pipeline: try Pipeline(text: pipeline))
    job.format = format
    job.seed = 7
    job.threads = threads
    job.shardSize = 8
    job.errorPolicy = .skip
    return job
  }

  static let formats: [(PreprocessJob.Format, String)] = [
    (.npy, random), (.safetensors, random), (.png, "resize(20)|random_horizontal_flip"),
    (.jpeg, "random_resized_crop(24)"), (.npy, "five_crop(16)|to_tensor"), (.safetensors, "center_crop(20)"),
  ]

  @Test("the number of threads never changes a byte", arguments: formats)
  func threads(_ format: PreprocessJob.Format, _ pipeline: String) throws {
    let source = try Self.pictures(damage: true)
    let results = try [1, 2, 3, 7].map { threads -> [String: Data] in
      let destination = try TemporaryFolder()
      let summary = try Self.job(source, destination, format, pipeline: pipeline, threads: threads).run()
      #expect(summary.done == 27 && summary.failed == 3)
      return try TemporaryFolder.contents(destination.path)
    }
    for result in results.dropFirst() { #expect(result == results[0]) }
  }

  @Test("a run cancelled anywhere and resumed equals one without a break", arguments: formats)
  func resume(_ format: PreprocessJob.Format, _ pipeline: String) throws {
    let source = try Self.pictures(damage: true)
    let whole = try TemporaryFolder()
    _ = try Self.job(source, whole, format, pipeline: pipeline).run()
    let expected = try TemporaryFolder.contents(whole.path)
    for cut in [1, 9, 20, 29] {
      let destination = try TemporaryFolder()
      var job = try Self.job(source, destination, format, pipeline: pipeline)
      let control = JobControl()
      let first = try job.run(control: control) { if $0.done + $0.failed == cut { control.cancel() } }
      #expect(first.isInterrupted == (first.done + first.failed < 30))
      job.resume = true
      job.threads = 3
      let second = try job.run()
      #expect(!second.isInterrupted && second.done == 27)
      #expect(try TemporaryFolder.contents(destination.path) == expected)
    }
  }

  @Test("what a kill leaves (a torn journal, unfinished files, lost outputs) is mended by a resume")
  func tornJournal() throws {
    let source = try Self.pictures()
    let destination = try TemporaryFolder()
    var job = try Self.job(source, destination)
    let control = JobControl()
    _ = try job.run(control: control) { if $0.done == 12 { control.cancel() } }
    let journal = destination.path + "/journal.jsonl"
    let bytes = try Data(contentsOf: URL(filePath: journal))
    try bytes.dropLast(9).write(to: URL(filePath: journal))
    try destination.write([1, 2], "cat/half.npy.tessera-part")
    let lost = try #require(
      FileManager.default.subpaths(atPath: destination.path)?.first { $0.hasSuffix(".npy") })
    try FileManager.default.removeItem(atPath: destination.path + "/" + lost)
    job.resume = true
    _ = try job.run()
    let whole = try TemporaryFolder()
    _ = try Self.job(source, whole).run()
    let expected = try TemporaryFolder.contents(whole.path)
    #expect(try TemporaryFolder.contents(destination.path) == expected)
  }

  @Test("a run that was killed before it had its record leaves nothing in the next one's folder")
  func earlyKill() throws {
    let (source, whole, destination) = (try Self.pictures(), try TemporaryFolder(), try TemporaryFolder())
    try destination.write([1, 2], "run.json.part-00000-of-00001.4711.tessera-part")
    // What another process is writing just now stays.
    let held = try NewFile(destination.path + "/run.json.part-00000-of-00001.4712.tessera-part")
    _ = try Self.job(source, whole).run()
    _ = try Self.job(source, destination).run()
    var found = try TemporaryFolder.contents(destination.path)
    #expect(found.removeValue(forKey: "run.json.part-00000-of-00001.4712.tessera-part")?.isEmpty == true)
    try held.close()
    #expect(try found == TemporaryFolder.contents(whole.path))
  }

  @Test("a failed picture leaves a hole: the shard is shorter, and nothing slides")
  func holes() throws {
    let source = try Self.pictures(damage: true)
    let destination = try TemporaryFolder()
    _ = try Self.job(source, destination, .safetensors).run()
    let list = try PictureFiles(source: source.path)
    let failed = Set(try destination.lines("errors.jsonl").map { try Self.field($0, "sample") })
    #expect(failed.count == 3)
    for shard in 0..<4 {
      let file = try SafetensorsFile("\(destination.path)/shard-0000\(shard).safetensors")
      let samples = (shard * 8..<min(shard * 8 + 8, 30)).filter { !failed.contains($0) }
      let images = try #require(try file.tensor("images").float)
      #expect(images.shape == [samples.count, 3, 24, 24])
      #expect(
        try file.tensor("labels")
          == .int64(Tensor(shape: [samples.count], samples.map { Int64(list[$0].label!) })))
      #expect(file.metadata["classes"] == #"["cat","dog","eel"]"#)
      for (row, sample) in samples.enumerated() {
        let alone = try job(source, destination).pipeline.tensor(
          contentsOf: list[sample].path, seed: 7, sample: UInt64(sample))
        let start = row * 3 * 24 * 24
        #expect(Array(images.elements[start..<start + 3 * 24 * 24]) == alone.float?.elements)
      }
    }
  }

  private func job(_ source: TemporaryFolder, _ destination: TemporaryFolder) throws -> PreprocessJob {
    try Self.job(source, destination)
  }

  static func field(_ line: String, _ name: String) throws -> Int {
    let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    return try #require(object?[name] as? Int)
  }

  @Test("every damaged file is in errors.jsonl with its stage and reason, in the list's order")
  func errors() throws {
    let source = try Self.pictures(damage: true)
    try source.write("not a picture", "cat/note.png")
    try source.write([], "dog/empty.jpg")
    let destination = try TemporaryFolder()
    let summary = try Self.job(source, destination).run()
    #expect(summary.total == 32 && summary.done == 27 && summary.failed == 5)
    let lines = try destination.lines("errors.jsonl")
    let samples = try lines.map { try Self.field($0, "sample") }
    #expect(lines.count == 5 && samples == samples.sorted())
    #expect(lines.allSatisfy { $0.contains(#""stage":"decode""#) || $0.contains(#""stage":"header""#) })
    #expect(lines.contains { $0.contains("cat/note.png") && $0.contains("not a known picture format") })
    #expect(lines.contains { $0.contains("dog/empty.jpg") && $0.contains("the file is empty") })
    #expect(try destination.lines("manifest.jsonl").count == 27)
  }

  @Test(
    "with the policy stop, the first failure of the list ends the run, whatever the threads", arguments: 1...4
  )
  func stop(_ threads: Int) throws {
    let source = try Self.pictures(damage: true)
    let destination = try TemporaryFolder()
    var job = try Self.job(source, destination, threads: threads)
    job.errorPolicy = .stop
    let error = #expect(throws: TesseraError.self) { try job.run() }
    let list = try PictureFiles(source: source.path)
    let first = list.files.firstIndex { file in
      (try? ImageDecoder().decode(path: file.path)) == nil
    }
    #expect(error?.index == first)
    #expect(try destination.lines("errors.jsonl").count == 1)
    job.errorPolicy = .skip
    job.resume = true
    #expect(try job.run().done == 27)
  }

  @Test(
    "to resume a finished run is to retry what failed", arguments: [PreprocessJob.Format.npy, .safetensors])
  func retry(_ format: PreprocessJob.Format) throws {
    let source = try Self.pictures(damage: true)
    let destination = try TemporaryFolder()
    var job = try Self.job(source, destination, format)
    _ = try job.run()
    let mended = try Self.pictures()
    for (name, data) in try TemporaryFolder.contents(mended.path) { try source.write([UInt8](data), name) }
    job.resume = true
    let summary = try job.run()
    #expect(summary.done == 30 && summary.failed == 0)
    let whole = try TemporaryFolder()
    _ = try Self.job(source, whole, format).run()
    let expected = try TemporaryFolder.contents(whole.path)
    #expect(try TemporaryFolder.contents(destination.path) == expected)
  }

  @Test("pictures whose outputs differ in shape are refused before any work, with the shapes")
  func mixedSizes() throws {
    let source = try Self.pictures()
    let destination = source.path + "-out"
    var job = try Self.job(source, try TemporaryFolder(), .safetensors, pipeline: "resize(20)|to_tensor")
    job.destination = destination
    let error = #expect(throws: TesseraError.self) { try job.run() }
    #expect(error?.description.contains("[3, 20, 2") == true)
    #expect(!FileManager.default.fileExists(atPath: destination))
  }

  @Test("a folder with results is refused without resume, and with another run's settings")
  func refusal() throws {
    let source = try Self.pictures()
    let destination = try TemporaryFolder()
    var job = try Self.job(source, destination)
    _ = try job.run()
    let before = try TemporaryFolder.contents(destination.path)
    let error = #expect(throws: TesseraError.self) { try job.run() }
    #expect(error?.description.contains("--resume") == true)
    job.resume = true
    job.seed = 8
    let other = #expect(throws: TesseraError.self) { try job.run() }
    #expect(other?.description.contains("seed: 7 there, 8 now") == true)
    job.seed = 7
    try source.write(try PNGEncoder().encode(Pictures.noise(Size(30), .rgb, seed: 1)), "cat/new.png")
    #expect(throws: TesseraError.self) { try job.run() }
    #expect(try TemporaryFolder.contents(destination.path) == before)
    let foreign = try TemporaryFolder()
    try foreign.write("mine", "notes.txt")
    #expect(throws: TesseraError.self) { try Self.job(source, foreign).run() }
  }

  @Test("pictures as results need a pipeline of pictures; an empty source is an error")
  func contradictions() throws {
    let source = try Self.pictures()
    #expect(throws: TesseraError.self) { try Self.job(source, try TemporaryFolder(), .png).run() }
    #expect(throws: TesseraError.self) {
      try Self.job(source, try TemporaryFolder(), .jpeg, pipeline: "five_crop(9)").run()
    }
    #expect(throws: TesseraError.self) { try Self.job(try TemporaryFolder(), try TemporaryFolder()).run() }
  }

  @Test("a destination inside the source is not taken for pictures")
  func nested() throws {
    let source = try Self.pictures()
    var job = try Self.job(source, source, .png, pipeline: "resize(8)")
    job.destination = source.path + "/out"
    #expect(try job.run().total == 30)
    job.resume = true
    #expect(try job.run().total == 30)
  }
}
