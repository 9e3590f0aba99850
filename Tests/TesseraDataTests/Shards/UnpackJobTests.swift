import Foundation
import TestSupport
import Tessera
import Testing

@Suite("unpacking tars") struct UnpackJobTests {
  @Test("pack and unpack give back each file, byte for byte") func roundTrip() throws {
    let (source, shards, out) = (try PackJobTests.pictures(), try TemporaryFolder(), try TemporaryFolder())
    _ = try PackJobTests.job(source, shards).run()
    let summary = try UnpackJob([PackJobTests.shards(shards)], destination: out.path + "/new").run()
    // The shards' `__classes__` comes four times; with the policy stop the second would end it.
    #expect(summary.faults.isEmpty)
    let files = try TemporaryFolder.contents(out.path + "/new")
    for (name, bytes) in try TemporaryFolder.contents(source.path) {
      let parts = name.split(separator: ".")
      #expect(files["\(parts[0])_v2.\(parts[2])"] == bytes)
    }
    #expect(files.count == 61 && summary.files == 61)
  }

  @Test("nothing leaves the destination, whatever the tar says", arguments: HostileTarTests.cases)
  func hostile(_ test: HostileTarTests.Case) throws {
    let folder = try TemporaryFolder()
    try folder.write(test.edit(try TarFile.good()).bytes, "t.tar")
    var job = UnpackJob([folder.path + "/t.tar"], destination: folder.path + "/deep/out")
    job.errorPolicy = .skip
    let summary = try job.run()
    let files = try TemporaryFolder.contents(folder.path)
    #expect(files.keys.allSatisfy { $0 == "t.tar" || $0.hasPrefix("deep/out/") })
    #expect(files.count - 1 == summary.files && !files.keys.contains { $0.hasSuffix("part") })
    for i in 0..<10 where !test.lost.contains(i) {
      #expect(files["deep/out/cat/\(i).jpg"] == Data(TarFile.picture(i)))
    }
    // Two suffixes that differ by case are two files, of which a file system has no complaint.
    #expect(!summary.faults.isEmpty || test.reason == "same suffix")
    if !summary.faults.isEmpty {
      job.errorPolicy = .stop
      job.destination = folder.path + "/other"
      #expect(throws: TesseraError.self) { try job.run() }
    }
  }

  @Test("a cut tar gives what is whole, and no part of a file") func cut() throws {
    let folder = try TemporaryFolder()
    let good = try TarFile.good()
    try folder.write(good.cut(at: good.header("cat/6.jpg") + 900).bytes, "t.tar")
    var job = UnpackJob([folder.path + "/t.tar"], destination: folder.path + "/out")
    job.errorPolicy = .skip
    let summary = try job.run()
    #expect(summary.files == 13 && summary.faults.count == 1)
    #expect("\(summary.faults[0])".contains("ends after 388 of 700 bytes"))
    #expect(try TemporaryFolder.contents(folder.path + "/out").count == 13)
  }

  @Test("a file where a folder should be, and a name that comes twice, cost themselves") func clashes() throws
  {
    let folder = try TemporaryFolder()
    let writer = try TarWriter(folder.path + "/t.tar")
    for name in ["a", "a/b.txt", "c", "c", "d.tessera-part", "e"] { try writer.write(name, [1]) }
    try writer.finish()
    var job = UnpackJob([folder.path + "/t.tar"], destination: folder.path + "/out")
    job.errorPolicy = .skip
    let summary = try job.run()
    #expect(summary.files == 3 && summary.faults.count == 3)
    #expect(try TemporaryFolder.contents(folder.path + "/out").keys.sorted() == ["a", "c", "e"])
    #expect(throws: TesseraError.self) { try job.run() }
  }

  @Test("a pipe is read as a file is") func pipe() throws {
    let folder = try TemporaryFolder()
    let good = try TarFile.good()
    try folder.write(good.bytes, "t.tar")
    #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
    let path = folder.path + "/pipe"
    let writer = Thread {
      guard let file = FileHandle(forWritingAtPath: path) else { return }
      for start in stride(from: 0, to: good.bytes.count, by: 700) {
        file.write(Data(good.bytes[start..<min(start + 700, good.bytes.count)]))
      }
      try? file.close()
    }
    writer.start()
    #expect(try TarReading.byStream(path) == (0..<10).map { "\($0) \($0)" })
    #expect(throws: TesseraError.self) { try TarIndex.open(path) }
  }

  @Test("a descriptor is read once; a file each epoch; a member over the limit costs its sample")
  func streams() throws {
    let folder = try TemporaryFolder()
    try folder.write(try TarFile.good().bytes, "t.tar")
    let file = try #require(FileHandle(forReadingAtPath: folder.path + "/t.tar"))
    let stream = WebDatasetStream(fileDescriptor: file.fileDescriptor)
    let reader = try stream.makeReader(epoch: 0)
    #expect(try reader.next()?.label == 0)
    #expect(throws: TesseraError.self) { try stream.makeReader(epoch: 1) }
    let small = try WebDatasetStream(folder.path + "/t.tar", limits: DecodeLimits(bytes: 600))
    for epoch in 0..<2 {
      let reader = try small.makeReader(epoch: UInt64(epoch))
      for _ in 0..<10 {
        let error = #expect(throws: TesseraError.self) { try reader.next() }
        guard case .limitExceeded? = error?.reason else {
          Issue.record("\(String(describing: error))")
          return
        }
      }
      #expect(try reader.next() == nil)
    }
    #expect(try stream.fingerprint() != small.fingerprint())
  }
}
