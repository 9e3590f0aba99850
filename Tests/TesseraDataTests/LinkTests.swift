import Foundation
import TestSupport
import Tessera
import Testing

/// Links that somebody else has put into a folder that Tessera writes to.
@Suite("A link in the output folder")
struct LinkTests {
  /// A file outside of the folder, to which links lead.
  struct Victim {
    let folder: TemporaryFolder
    let path: String
    static let text = "nobody may touch this\n"

    init() throws {
      folder = try TemporaryFolder()
      path = folder.path + "/victim"
      try folder.write(Self.text, "victim")
    }

    var isWhole: Bool {
      get throws {
        // Nothing may have come beside it either: a link may lead to what is not there yet.
        try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["victim"]
          && String(contentsOfFile: path, encoding: .utf8) == Self.text
      }
    }

    func link(_ name: String, to target: String? = nil) throws {
      try FileManager.default.createSymbolicLink(atPath: name, withDestinationPath: target ?? path)
    }
  }

  static func isLink(_ path: String) -> Bool {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) != nil
  }

  /// Everything that writes one file.
  static let writers: [(name: String, write: @Sendable (_ path: String) throws -> Void)] = [
    ("a file", { try AtomicFile.write([1, 2, 3], to: $0) }),
    ("a file that waits for the disk", { try AtomicFile.write([1, 2, 3], to: $0, sync: true) }),
    ("npy", { try Npy.write(AnyTensor.float32(Tensor(shape: [2], [1, 2])), to: $0) }),
    (
      "safetensors",
      { try SafetensorsFile.write(["x": AnyTensor.float32(Tensor(shape: [2], [1, 2]))], to: $0) }
    ),
    (
      "a tar",
      {
        let tar = try TarWriter($0)
        try tar.write("a.txt", [1])
        try tar.finish()
      }
    ),
  ]

  @Test(
    "by the name of a file or of its unfinished one goes; what it leads to is neither written nor emptied",
    arguments: writers.indices, ["", AtomicFile.partSuffix])
  func written(_ number: Int, _ suffix: String) throws {
    let (name, write) = Self.writers[number]
    let plain = try TemporaryFolder()
    try write(plain.path + "/out")
    let expected = try TemporaryFolder.contents(plain.path)
    let victim = try Victim()
    for target in [victim.path, victim.folder.path + "/not-there", victim.folder.path] {
      let folder = try TemporaryFolder()
      try victim.link(folder.path + "/out" + suffix, to: target)
      try write(folder.path + "/out")
      #expect(try victim.isWhole, "\(name) through a link to \(target)")
      #expect(!Self.isLink(folder.path + "/out"), "\(name)")
      #expect(try TemporaryFolder.contents(folder.path) == expected, "\(name)")
    }
  }

  @Test(
    "by the names of a job's unfinished files changes nothing",
    arguments: [PreprocessJob.Format.npy, .safetensors])
  func job(_ format: PreprocessJob.Format) throws {
    let source = try PreprocessJobTests.pictures(damage: true)
    let whole = try TemporaryFolder()
    _ = try PreprocessJobTests.job(source, whole, format).run()
    let expected = try TemporaryFolder.contents(whole.path)
    let victim = try Victim()
    let folder = try TemporaryFolder()
    for name in expected.keys + ["journal.jsonl", "shard-00000.safetensors.rows"] where !name.contains("/") {
      try victim.link("\(folder.path)/\(name)\(AtomicFile.partSuffix)")
    }
    _ = try PreprocessJobTests.job(source, folder, format).run()
    #expect(try victim.isWhole)
    // Links by names that this job writes are gone; of npy's the folders were not there to hold any.
    #expect(try TemporaryFolder.contents(folder.path).filter { expected[$0.key] != nil } == expected)
  }

  @Test("by the name of a journal that is gone on with is no journal to write to")
  func journal() throws {
    let source = try PreprocessJobTests.pictures()
    let folder = try TemporaryFolder()
    var job = try PreprocessJobTests.job(source, folder)
    let control = JobControl()
    _ = try job.run(control: control) { if $0.done == 5 { control.cancel() } }
    let victim = try Victim()
    let journal = folder.path + "/journal.jsonl"
    // With the journal's own lines, so that the resume takes them.
    let lines = try FileIO.read(journal)
    try victim.folder.write(lines, "victim")
    try FileManager.default.removeItem(atPath: journal)
    try victim.link(journal)
    job.resume = true
    _ = try job.run()
    #expect(try FileIO.read(victim.path) == lines)
  }

  @Test("by the names of tars and of members is not followed")
  func shards() throws {
    let source = try PreprocessJobTests.pictures()
    let victim = try Victim()
    let tars = try TemporaryFolder()
    try victim.link(tars.path + "/shard-000000.tar" + AtomicFile.partSuffix)
    try victim.link(tars.path + "/manifest.jsonl" + AtomicFile.partSuffix)
    let data = try PackSource.open(source.path)
    var pack = PackJob(data, destination: tars.path)
    pack.shardSize = 10
    _ = try pack.run()
    #expect(try victim.isWhole)
    let unpacked = try TemporaryFolder()
    try victim.link(unpacked.path + "/__classes__" + AtomicFile.partSuffix)
    _ = try UnpackJob(["\(tars.path)/shard-{000000..000002}.tar"], destination: unpacked.path).run()
    #expect(try victim.isWhole)
  }

  @Test("by the name of a folder that is filled aside is taken away, and not filled")
  func directory() throws {
    let victim = try Victim()
    let folder = try TemporaryFolder()
    try victim.link(folder.path + "/m" + AtomicFile.partSuffix, to: victim.folder.path)
    let directory = try NewDirectory(
      folder.path + "/m", replaces: true, kind: NewDirectory.Kind("a test's", mark: "mark"))
    try NewFile(directory.part + "/mark").close()
    try directory.finish()
    #expect(try victim.isWhole)
    #expect(try FileIO.names(in: folder.path + "/m") == ["mark"])
  }

  @Test("is removed with its folder, what it leads to is not")
  func removal() throws {
    let victim = try Victim()
    let folder = try TemporaryFolder()
    try folder.write("x", "a/b/c")
    try victim.link(folder.path + "/a/file")
    try victim.link(folder.path + "/a/b/folder", to: victim.folder.path)
    try victim.link(folder.path + "/a/nowhere", to: victim.folder.path + "/not-there")
    try FileIO.removeAll(folder.path + "/a")
    #expect(try FileIO.names(in: folder.path) == [])
    try victim.link(folder.path + "/link", to: victim.folder.path)
    try FileIO.removeAll(folder.path + "/link")
    try FileIO.removeAll(folder.path + "/not-there")
    #expect(try FileIO.names(in: folder.path) == [])
    #expect(try victim.isWhole)
  }

  @Test("by the name of a cache is refused: its file grows, and is cut")
  func cache() throws {
    let source = try PreprocessJobTests.pictures()
    let folder = try TemporaryFolder()
    let data = try PictureFiles(source: source.path)
    _ = try data.cached(.disk(folder.path))
    let name = try #require(try FileIO.names(in: folder.path).first { $0.hasSuffix(".tessera-cache") })
    let victim = try Victim()
    try FileManager.default.removeItem(atPath: "\(folder.path)/\(name)")
    try victim.link("\(folder.path)/\(name)")
    let error = #expect(throws: TesseraError.self) { _ = try data.cached(.disk(folder.path)) }
    #expect(error?.path == "\(folder.path)/\(name)")
    #expect(try victim.isWhole)
  }

  @Test("that takes the unfinished file's place again and again never leads to its target being written")
  func race() throws {
    let victim = try Victim()
    let folder = try TemporaryFolder()
    let (part, aside) = (folder.path + "/out" + AtomicFile.partSuffix, folder.path + "/link")
    let target = victim.path
    let isDone = Guarded(false)
    let swaps = Guarded(0)
    let thread = Thread {
      while !isDone.withLock({ $0 }) {
        // By a rename, so that there is never a moment without one of the two.
        guard symlink(target, aside) == 0, rename(aside, part) == 0 else { continue }
        swaps.withLock { $0 += 1 }
      }
    }
    thread.start()
    var (written, refused) = (0, 0)
    let bytes = [UInt8](repeating: 7, count: 5000)
    // Who loses each time tries sixteen times and is slow: three seconds are enough of a race, once it is one.
    let (start, mostSeconds) = (Date(), 60.0)
    var rounds = 0
    while rounds < 3000 {
      let seconds = Date().timeIntervalSince(start)
      if seconds > mostSeconds || (seconds > 3 && swaps.withLock { $0 } > 1000) { break }
      defer { rounds += 1 }
      do {
        try AtomicFile.write(bytes, to: folder.path + "/out", sync: rounds % 64 == 0)
        written += 1
      } catch let error as TesseraError {
        guard case .io = error.reason, error.path?.hasPrefix(folder.path) == true else { throw error }
        refused += 1
      }
      #expect(try victim.isWhole)
    }
    isDone.withLock { $0 = true }
    while !thread.isFinished { usleep(1000) }
    #expect(written + refused == rounds)
    // The race was one. Who wins it how often is the machine's.
    #expect(swaps.withLock { $0 } > 1000 && rounds > 0)
  }

  @Test("of two that write one file at once, neither gives it the other's unfinished bytes")
  func twoWriters() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/out"
    let counts = Guarded((written: 0, refused: 0, faults: [String]()))
    try WorkerThreads.run(2) { number in
      // Long enough that one comes while the other writes.
      let bytes = [UInt8](repeating: UInt8(number), count: 3_000_000)
      for _ in 0..<60 {
        do {
          try AtomicFile.write(bytes, to: path)
          counts.withLock { $0.written += 1 }
          let found = try FileIO.read(path)
          if found.count != bytes.count || found.contains(where: { $0 != found[0] }) {
            counts.withLock { $0.faults.append("\(found.count) bytes, mixed") }
          }
        } catch { counts.withLock { $0.refused += 1 } }
      }
    }
    let found = counts.withLock { $0 }
    #expect(found.faults == [])
    #expect(found.written == 120 && found.refused == 0)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["out"])
  }
}
