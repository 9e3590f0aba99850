import Foundation
import TestSupport
import Tessera
import Testing

@Suite("statistics of several processes")
struct StatsFolderTests {
  /// A job with everything on, over `StatsFixture.folder()`.
  static func job(_ source: TemporaryFolder, subset: Int? = nil, headersOnly: Bool = false) throws -> StatsJob
  {
    var job = StatsJob(dataset: ListedPictures(try PictureFiles(source: source.path)))
    job.threads = 2
    job.seed = 3
    job.subset = subset
    job.headersOnly = headersOnly
    job.countsValues = !headersOnly
    job.findsPixelDuplicates = !headersOnly
    job.pipeline = headersOnly ? nil : try Pipeline(text: "random_resized_crop(24)|to_tensor")
    return job
  }

  @discardableResult
  static func gather(
    _ job: StatsJob, _ folder: TemporaryFolder, _ shard: String? = nil
  ) throws -> StatsFolder.Outcome {
    try StatsFolder(folder.path).gather(
      job, of: "photos", part: try shard.map { try ShardAssignment($0) } ?? .whole)
  }

  /// Expects a refusal that names `words`, and that the folder stays as it is.
  static func refuses(_ folder: TemporaryFolder, _ words: String..., by body: () throws -> Void) throws {
    let before = try TemporaryFolder.contents(folder.path)
    let error = #expect(throws: TesseraError.self) { try body() }
    for word in words {
      #expect(error?.description.contains(word) == true, "\(String(describing: error))")
    }
    #expect(try TemporaryFolder.contents(folder.path) == before)
  }

  static let settings: [(Int?, Bool)] = [(nil, false), (41, false), (nil, true)]

  @Test(
    "parts and a merge are what one process gathers, byte for byte; so is a process that finishes the parts",
    arguments: settings, [1, 2, 3, 7, 80])
  func equal(_ settings: (Int?, Bool), _ count: Int) throws {
    let source = try StatsFixture.folder()
    let job = try Self.job(source, subset: settings.0, headersOnly: settings.1)
    let alone = try TemporaryFolder()
    guard case .whole(let expected, false) = try Self.gather(job, alone) else {
      Issue.record("one process gives no whole")
      return
    }
    #expect(try job.run() == expected)
    #expect(try String(contentsOfFile: alone.path + "/stats.json", encoding: .utf8) == expected.json() + "\n")
    let (merged, finished) = (try TemporaryFolder(), try TemporaryFolder())
    var samples = 0
    for index in (0..<count).reversed() {
      let outcome = try Self.gather(job, merged, "\(index)/\(count)")
      guard count > 1 else { break }
      guard case .part(let part) = outcome else {
        Issue.record("\(outcome)")
        return
      }
      #expect(part.assignment == (try ShardAssignment(index: index, count: count)) && !part.wasThere)
      samples += part.samples
      // Of an odd division two processes are lost.
      if index != 1 && index != 2 { try Self.gather(job, finished, "\(index)/\(count)") }
    }
    #expect(count == 1 || samples == expected.examined)
    #expect(try StatsFolder(merged.path).merge(job) == expected)
    try Self.gather(job, finished)
    for folder in [merged, finished] {
      #expect(try TemporaryFolder.contents(folder.path) == TemporaryFolder.contents(alone.path))
    }
    // Again: nothing is done, nothing changes.
    guard case .whole(expected, true) = try Self.gather(job, merged) else {
      Issue.record("the result is not found")
      return
    }
    guard case .whole(expected, true) = try Self.gather(job, merged, "0/2") else {
      Issue.record("a part does not find the result")
      return
    }
    #expect(try StatsFolder(merged.path).merge(job) == expected)
    #expect(try TemporaryFolder.contents(merged.path) == TemporaryFolder.contents(alone.path))
  }

  @Test("a part that is there is not done again; a damaged one, or another's under its name, is")
  func idempotent() throws {
    let source = try StatsFixture.folder()
    let job = try Self.job(source)
    let folder = try TemporaryFolder()
    for index in 0..<3 { try Self.gather(job, folder, "\(index)/3") }
    let before = try TemporaryFolder.contents(folder.path)
    #expect(Set(before.keys) == Set((0..<3).map { "tally.part-0000\($0)-of-00003.bin" } + ["run.json"]))
    guard case .part(let again) = try Self.gather(job, folder, "1/3") else {
      Issue.record("no part")
      return
    }
    #expect(again.wasThere && again.samples > 10 && again.failed > 0)
    #expect(try TemporaryFolder.contents(folder.path) == before)
    let name = "tally.part-00001-of-00003.bin"
    let bytes = [UInt8](try #require(before[name]))
    var flipped = bytes
    flipped[bytes.count / 2] ^= 1
    let other = [UInt8](try #require(before["tally.part-00002-of-00003.bin"]))
    for wrong in [Array(bytes.dropLast()), [], flipped, other, bytes + [0]] {
      try folder.write(wrong, name)
      let hint = wrong == other ? "shard 1/3" : "run shard 1/3 again"
      try Self.refuses(folder, name, hint) { _ = try StatsFolder(folder.path).merge(job) }
      guard case .part(let part) = try Self.gather(job, folder, "1/3") else { return }
      #expect(!part.wasThere)
      #expect(try TemporaryFolder.contents(folder.path) == before)
    }
    // Who finishes alone counts a damaged part again too.
    try folder.write(flipped, name)
    guard case .whole(let statistics, false) = try Self.gather(job, folder) else { return }
    #expect(try statistics == job.run())
    #expect(Set(try TemporaryFolder.contents(folder.path).keys) == ["run.json", "stats.json"])
  }

  @Test("a merge names what is missing, mixed, or of other settings, and changes nothing")
  func refusals() throws {
    let source = try StatsFixture.folder()
    let job = try Self.job(source)
    let folder = try TemporaryFolder()
    let merge = { _ = try StatsFolder(folder.path).merge(job) }
    try Self.refuses(folder, "run.json", by: merge)
    for index in [0, 2, 3] { try Self.gather(job, folder, "\(index)/5") }
    try Self.refuses(folder, "shard 1/5", "shard 4/5", "tally.part-00004-of-00005.bin", by: merge)
    // Other divisions and settings are refused before any work.
    try Self.refuses(folder, "parts of 5", "--shard none") { try Self.gather(job, folder, "0/4") }
    var other = job
    other.seed = 4
    other.headersOnly = true
    try Self.refuses(folder, "seed: 3 there, 4 now", "--headers-only") {
      try Self.gather(other, folder, "1/5")
    }
    try source.write([1], "eel/new.png")
    try Self.refuses(folder, "samples:") { try Self.gather(Self.job(source), folder, "1/5") }
    try folder.write([1], "tally.part-00005-of-00005.bin")
    try Self.refuses(folder, "tally.part-00005-of-00005.bin", "remove the others", by: merge)
    try FileManager.default.removeItem(atPath: folder.path + "/tally.part-00005-of-00005.bin")
    try folder.write([1], "tally.part-00001-of-00002.bin")
    try Self.refuses(folder, "parts of 2 and of 5", by: merge)
  }

  @Test("a folder with other files, or another job's, is refused; stats does not disturb preprocess's")
  func otherFolders() throws {
    let source = try StatsFixture.folder()
    let job = try Self.job(source)
    let folder = try TemporaryFolder()
    try folder.write([1], "photo.jpg")
    try Self.refuses(folder, "an empty or new folder") { try Self.gather(job, folder) }
    let arrays = try TemporaryFolder()
    var preprocess = PreprocessJob(
      source: StatsFixture.photos, destination: arrays.path,
      pipeline: try Pipeline(text: "resize(8)|to_tensor"))
    preprocess.errorPolicy = .skip
    _ = try preprocess.run()
    try Self.refuses(arrays, "one of tessera preprocess") { try Self.gather(job, arrays) }
    let gathered = try TemporaryFolder()
    try Self.gather(job, gathered)
    try Self.refuses(gathered, "one of tessera stats") {
      var preprocess = preprocess
      preprocess.destination = gathered.path
      preprocess.resume = true
      _ = try preprocess.run()
    }
  }

  @Test("a cancelled process writes nothing, and the folder goes on")
  func cancelled() throws {
    let source = try StatsFixture.folder()
    let job = try Self.job(source)
    let folder = try TemporaryFolder()
    for shard in ["0/2", "0/1"] {
      let control = JobControl()
      let outcome = try StatsFolder(folder.path).gather(
        job, of: "photos", part: try ShardAssignment(shard), control: control
      ) { if $0.done == 5 { control.cancel() } }
      switch outcome {
      case .part(let part): #expect(part.isInterrupted && part.samples < 30)
      case .whole(let statistics, let wasThere): #expect(statistics.isPartial && !wasThere)
      }
      #expect(Set(try TemporaryFolder.contents(folder.path).keys) == ["run.json"])
    }
    try Self.gather(job, folder, "0/2")
    guard case .whole(let statistics, false) = try Self.gather(job, folder) else { return }
    #expect(try statistics == job.run())
  }
}
