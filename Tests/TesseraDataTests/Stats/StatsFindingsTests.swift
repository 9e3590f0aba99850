import Foundation
import TestSupport
import Tessera
import Testing

@Suite("what statistics find")
struct StatsFindingsTests {
  @Test("copies are found whatever their names, near copies are not, and different labels are a conflict")
  func copies() throws {
    let folder = try TemporaryFolder()
    let png = try PNGEncoder().encode(Pictures.noise(Size(40), .rgb, seed: 1))
    var near = png
    near[near.count - 20] ^= 1  // inside the last IDAT: damaged, of equal size
    let large = Pictures.noise(Size(60), .gray, seed: 2)
    // Raw PGM: equal ends, one pixel differs far before them.
    var other = large
    other.withUnsafeMutableBytes { $0[0] ^= 1 }
    func pgm(_ image: Image) -> [UInt8] { Array("P5 60 60 255\n".utf8) + image.bytes + padding }
    let padding = [UInt8](repeating: 0, count: 5000)
    for (name, bytes) in [
      ("a/1.png", png), ("b/2.jpg", png), ("b/near.png", near), ("a/x.pgm", pgm(large)),
      ("a/y.pgm", pgm(large)), ("a/z.pgm", pgm(other)),
    ] {
      try folder.write(bytes, name)
    }
    for headersOnly in [false, true] {
      var job = StatsJob(dataset: try StatsFixture.Listing(folder.path))
      job.headersOnly = headersOnly
      job.threads = 2
      let copies = try #require(try job.run().duplicates)
      #expect(copies.groups.map(\.names) == [["a/1.png", "b/2.jpg"], ["a/x.pgm", "a/y.pgm"]])
      #expect(copies.groups.map(\.conflicts) == [true, false])
      #expect(copies.redundant == 2 && copies.conflicting == 1)
      #expect(copies.groups[0].sha256 == Digest.hex(of: png))
    }
  }

  @Test("only files that agree in size, kind and end are read a second time")
  func fewReads() throws {
    let files = try (0..<40).map { index -> [UInt8] in
      let image = Pictures.noise(Size(24), .rgb, seed: UInt64(index == 7 ? 3 : index))
      return try PNGEncoder(compressionLevel: 0).encode(image)
    }
    #expect(Set(files.map(\.count)).count == 1)
    let reads = Guarded([Int](repeating: 0, count: 40))
    let dataset = StatsFixture.Made(count: 40) { index in
      Sample(
        .deferred(name: "\(index).png") {
          reads.withLock { $0[index] += 1 }
          return files[index]
        })
    }
    let statistics = try StatsJob(dataset: dataset).run()
    #expect(statistics.duplicates?.groups.map(\.samples) == [[3, 7]])
    let counts = reads.withLock { $0 }
    #expect(counts.indices.filter { counts[$0] == 2 } == [3, 7] && counts.max() == 2)
  }

  @Test("equal pixels are found across formats, and equal files are not told twice")
  func pixelCopies() throws {
    let folder = try TemporaryFolder()
    let image = Pictures.noise(Size(width: 12, height: 9), .rgb, seed: 3)
    let png = try PNGEncoder(compressionLevel: 0).encode(image)
    try folder.write(png, "1.png")
    try folder.write(png, "2.png")
    try folder.write(
      try PNGEncoder(compressionLevel: 9).encode(Pictures.noise(Size(9), .rgb, seed: 8)), "3.png")
    var job = StatsJob(dataset: try StatsFixture.Listing(folder.path))
    job.findsPixelDuplicates = true
    #expect(try job.run().pixelDuplicates?.groups.isEmpty == true)
    try folder.write(Array("P6 12 9 255\n".utf8) + image.bytes, "4.ppm")
    job.dataset = try StatsFixture.Listing(folder.path)
    let statistics = try job.run()
    #expect(statistics.pixelDuplicates?.groups.map(\.names) == [["1.png", "2.png", "4.ppm"]])
    #expect(statistics.duplicates?.groups.map(\.names) == [["1.png", "2.png"]])
    // The same numbers in another shape are another picture.
    try folder.write(Array("P6 9 12 255\n".utf8) + image.bytes, "4.ppm")
    #expect(try job.run().pixelDuplicates?.groups.isEmpty == true)
  }

  @Test("every failure has its name, stage and reason, in the dataset's order, and the rest is counted")
  func failures() throws {
    let folder = try StatsFixture.folder()
    let odd = folder.path + "/eel/"
    let path = Array(odd.utf8) + [0x66, 0xFF, 0x2E, 0x70, 0x6E, 0x67, 0]
    let file = path.withUnsafeBufferPointer {
      $0.withMemoryRebound(to: CChar.self) { creat($0.baseAddress!, 0o644) }
    }
    close(file)
    let listing = try StatsFixture.Listing(folder.path)
    let statistics = try StatsJob(dataset: listing).run()
    let failures = statistics.failures
    #expect(failures.map(\.sample) == failures.map(\.sample).sorted())
    let reasons = Dictionary(uniqueKeysWithValues: failures.map { ($0.name, ($0.stage, $0.reason)) })
    #expect(reasons["cat/empty.png"]?.1 == "the file is empty" && statistics.emptyFiles == 1)
    #expect(reasons["eel/moving.jpg"]?.1.contains("GIF") == true)
    #expect(reasons["eel/moving.jpg"]?.0 == "header")
    #expect(reasons["eel/f\u{FFFD}.png"]?.1.contains("not UTF-8") == true)
    #expect(reasons["cat/3.jpg"]?.0 == "decode")
    #expect(failures.count == 6)
    // Three have a header and no pixels; three have nothing.
    #expect(statistics.pictures == listing.count - 3 && statistics.decoded == listing.count - 6)
    let classes = try #require(statistics.classes?.classes)
    #expect(classes.map(\.name) == ["cat", "dog", "eel"])
    #expect(classes.map(\.failed).reduce(0, +) == 6)
    #expect(classes.map(\.pictures).reduce(0, +) == statistics.pictures)
  }

  @Test("a sample that cannot be made, and one of foreign errors, are failures of these samples only")
  func throwing() throws {
    struct Foreign: Error {}
    let image = Image(size: Size(4), format: .rgb, repeating: 9)
    let dataset = StatsFixture.Made(count: 5) { index in
      if index == 1 { throw Foreign() }
      if index == 3 {
        throw TesseraError(.corrupt(format: "the tar", detail: "a wrong checksum"), path: "x.tar")
      }
      return Sample(.image(image))
    }
    let statistics = try StatsJob(dataset: dataset).run()
    #expect(statistics.failures.map(\.sample) == [1, 3] && statistics.pictures == 3)
    #expect(statistics.failures[0].reason.contains("Foreign") && statistics.failures[1].name == "x.tar")
  }

  @Test("a file that has gone before it could be compared is a failure, not a crash")
  func vanished() throws {
    let png = try PNGEncoder().encode(Pictures.noise(Size(9), .rgb, seed: 1))
    let reads = Guarded(0)
    let dataset = StatsFixture.Made(count: 2) { index in
      Sample(
        .deferred(name: "\(index)") {
          let count = reads.withLock { count -> Int in
            count += 1
            return count
          }
          if count > 2 { throw TesseraError(.io(operation: "open", code: ENOENT, message: "gone")) }
          return png
        })
    }
    let statistics = try StatsJob(dataset: dataset).run()
    #expect(statistics.decoded == 2 && statistics.failures.count == 2)
    #expect(statistics.duplicates?.groups.isEmpty == true)
  }

  @Test("names whose extension belongs to another format are told, unknown extensions are not")
  func extensions() throws {
    let png = try PNGEncoder().encode(Pictures.noise(Size(9), .rgb, seed: 1))
    let names = ["a.png", "b.jpg", "c.PNG", "d.JPEG", "e.dat", "f", "g.tar.webp"]
    let dataset = StatsFixture.Made(count: names.count) { Sample(.bytes(png, name: names[$0])) }
    let statistics = try StatsJob(dataset: dataset).run()
    let found = statistics.features.first { $0.name == "wrong_extension" }
    #expect(found?.examples == ["b.jpg", "d.JPEG", "g.tar.webp"])
    #expect(statistics.advice.contains { $0.hasPrefix("3 pictures have a name that claims another format") })
  }

  @Test("advice follows the policy: it says what happens here, and nothing of what is not there")
  func advice() throws {
    let listing = try StatsFixture.Listing(StatsFixture.photos)
    var job = StatsJob(dataset: listing)
    job.headersOnly = true
    let lines = try job.run().advice
    #expect(lines.contains { $0.hasPrefix("4 pictures carry an orientation: Tessera applies it") })
    #expect(lines.contains { $0.hasPrefix("1 picture is CMYK: converted by Pillow's formula") })
    #expect(lines.contains { $0.hasPrefix("2 pictures have 16 bits: not clipped") })
    #expect(lines.contains { $0.hasPrefix("9 pictures are transparent") })
    #expect(lines.contains { $0.hasPrefix("1 picture is a progressive JPEG") })
    #expect(!lines.contains { $0.contains("normalize") || $0.contains("animated") })
    job.policy = DecodePolicy(orientation: .ignore, sixteenBit: .clip, alpha: .keep, icc: .convertToSRGB)
    let other = try job.run().advice
    #expect(other.contains { $0.hasPrefix("4 pictures carry an orientation: ignored here") })
    #expect(other.contains { $0.hasPrefix("2 pictures have 16 bits: gray is clipped at 255 here") })
    #expect(!other.contains { $0.contains("transparent") })
    let plain = Image(size: Size(4), format: .rgb, repeating: 9)
    #expect(
      try StatsJob(dataset: StatsFixture.Made(count: 3) { _ in Sample(.image(plain)) }).run().advice == [])
  }

  @Test("the ends are the most extreme pictures, the first of equals first")
  func ends() throws {
    let sizes = [(9, 9), (3, 40), (40, 3), (9, 9), (2, 2), (50, 50), (9, 9), (1, 30)]
    let dataset = StatsFixture.Made(count: sizes.count) { index in
      Sample(
        .image(Image(size: Size(width: sizes[index].0, height: sizes[index].1), format: .gray)),
        name: "\(index)")
    }
    let ends = try StatsJob(dataset: dataset).run().extremes
    #expect(ends.smallest.map(\.name) == ["4", "7", "0", "3", "6"])
    #expect(ends.largest.map(\.name) == ["5", "1", "2", "0", "3"])
    #expect(ends.narrowest.first?.name == "7" && ends.widest.first?.name == "2")
    #expect(ends.heaviest.isEmpty)
  }

  @Test("JSON reads back to the same statistics, and holds nothing that a terminal would obey")
  func json() throws {
    let names = ["a\u{1B}[31m.png", "b\u{9B}31m.png", "c\u{202E}.png", "d\n.png"]
    let dataset = StatsFixture.Made(count: 4) { Sample(.bytes([1, 2, 3], name: names[$0])) }
    let statistics = try StatsJob(dataset: dataset).run()
    let text = try statistics.json()
    #expect(statistics.failures.map(\.name) == names)
    #expect(try DatasetStatistics(json: text) == statistics)
    #expect(
      text.unicodeScalars.allSatisfy { scalar in
        scalar == "\n" || ![.control, .format].contains(scalar.properties.generalCategory)
      })
    #expect(throws: TesseraError.self) { try DatasetStatistics(json: "{\"samples\": 3}") }
  }
}
