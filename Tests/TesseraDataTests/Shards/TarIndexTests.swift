import Foundation
import TestSupport
import Tessera
import Testing

@Suite("tar indices") struct TarIndexTests {
  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write(try TarFile.good().bytes, "t.tar")
    return folder
  }

  private func time(_ path: String) throws -> Date {
    try #require(try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date)
  }

  @Test("are kept beside the tar, used while it is as it was, and made again when it changes") func stale()
    throws
  {
    let folder = try folder()
    let (tar, file) = (folder.path + "/t.tar", folder.path + "/t.tar.index")
    let first = try TarIndex.open(tar)
    #expect(
      first.storage == file && first.storageFault == nil && first.count == 10 && first.memberCount == 20)
    let written = try time(file)
    let mark = try Data(contentsOf: URL(filePath: file))
    #expect(try TarIndex.open(tar).members(3) == first.members(3))
    #expect(try time(file) == written)
    // The same size, another time, and one member more that has a key of its own.
    let edited = try TarFile.good().edited("cat/3.jpg", at: 4, [UInt8(ascii: "x")])
    try folder.write(edited.bytes, "t.tar")
    #expect(try TarIndex.open(tar).count == 11)
    #expect(try Data(contentsOf: URL(filePath: file)) != mark)
  }

  @Test("torn, altered or foreign index files are not believed") func torn() throws {
    let folder = try folder()
    let (tar, file) = (folder.path + "/t.tar", folder.path + "/t.tar.index")
    let expected = try TarIndex.open(tar)
    let good = [UInt8](try Data(contentsOf: URL(filePath: file)))
    var edits: [[UInt8]] = [[], [1, 2, 3], Array(good.prefix(90)), Array(good.dropLast()), good + [0]]
    for place in stride(from: 0, to: good.count, by: 3) {
      var copy = good
      copy[place] ^= 0x40
      edits.append(copy)
    }
    for edit in edits {
      try folder.write(edit, "t.tar.index")
      let index = try TarIndex.open(tar)
      #expect(
        index.count == expected.count && (0..<10).allSatisfy { index.members($0) == expected.members($0) })
      #expect([UInt8](try Data(contentsOf: URL(filePath: file))) == good)
    }
    let left = try TemporaryFolder.contents(folder.path).keys.filter { $0.contains("part") }
    #expect(left.isEmpty)
  }

  @Test("go to the cache where the tar's folder cannot be written, and do without where nothing can")
  func cache() throws {
    let folder = try folder()
    let tar = folder.path + "/t.tar"
    // A folder in the index file's place keeps everybody from writing it, root included.
    try FileManager.default.createDirectory(atPath: tar + ".index", withIntermediateDirectories: false)
    let without = try TarIndex.open(tar)
    #expect(without.count == 10 && without.storage == nil && without.storageFault != nil)
    let cache = folder.path + "/cache/deep"
    let index = try TarIndex.open(tar, cache: cache)
    #expect(index.storage?.hasPrefix(cache + "/t.tar.") == true && index.storageFault == nil)
    let written = try time(try #require(index.storage))
    #expect(try TarIndex.open(tar, cache: cache).storage == index.storage)
    #expect(try time(try #require(index.storage)) == written)
    #expect(try WebDataset(tar, cache: cache).count == 10)
  }

  @Test("made by several threads at once, they are whole") func race() throws {
    let folder = try folder()
    let tar = folder.path + "/t.tar"
    let counts = Guarded([Int]())
    for _ in 0..<20 {
      try FileIO.remove(tar + ".index")
      try WorkerThreads.run(4) { _ in
        let count = (try? TarIndex.open(tar))?.count ?? -1
        counts.withLock { $0.append(count) }
      }
      #expect(try TarIndex.open(tar).storageFault == nil)
    }
    #expect(counts.withLock { $0 } == Array(repeating: 10, count: 80))
  }

  @Test("a fingerprint tells what the shards hold, not where they lie or when they were written")
  func fingerprint()
    throws
  {
    let (a, b) = (try folder(), try folder())
    let first = try WebDataset(a.path + "/t.tar").fingerprint()
    #expect(try WebDataset(b.path + "/t.tar").fingerprint() == first)
    let bytes = try TarFile.good().edited("cat/3.jpg", at: 4, [UInt8(ascii: "x")]).bytes
    try b.write(bytes, "t.tar")
    #expect(try WebDataset(b.path + "/t.tar").fingerprint() != first)
    #expect(try WebDataset([a.path + "/t.tar", a.path + "/t.tar"]).fingerprint() != first)
    #expect(try WebDataset(a.path + "/t.tar", pictures: ["jpg"]).fingerprint() != first)
  }

  @Test("20,000 members cost 30 bytes each, keys included") func memory() throws {
    let folder = try TemporaryFolder()
    let writer = try TarWriter(folder.path + "/t.tar")
    for i in 0..<10_000 {
      let digits = String(1_000_000 + i)
      try writer.writeSample(key: digits, [("jpg", []), ("cls", [])])
    }
    try writer.finish()
    let index = try TarIndex.open(folder.path + "/t.tar")
    #expect(index.count == 10_000 && index.memberCount == 20_000)
    let size = try #require(FileIO.size(folder.path + "/t.tar.index"))
    #expect(size < 30 * 20_000, "\(size)")
    #expect(index.key(9_999) == "1009999" && index.members(9_999).map(\.suffix) == ["cls", "jpg"])
  }
}
