import Foundation
import TestSupport
import Tessera
import Testing

/// Each bad tar is an edit of a good one.
@Suite("hostile and damaged tars") struct HostileTarTests {
  /// An edit, the samples that it costs, and words of the reason.
  struct Case: CustomTestStringConvertible, Sendable {
    var name: String
    var lost: [Int]
    var reason: String
    var edit: @Sendable (TarFile) -> TarFile
    var testDescription: String { name }
  }

  static let cases: [Case] = [
    Case(name: "one bit of a header's mode", lost: [4], reason: "checksum") {
      $0.edited("cat/4.jpg", at: 101, [0x31], mend: false)
    },
    Case(name: "a member's second header damaged", lost: [4], reason: "checksum") {
      $0.edited("cat/4.jpg", at: 124, Array("7777".utf8), mend: false)
    },
    Case(name: "an absolute name", lost: [3], reason: "leads out") {
      $0.edited("cat/3.cls", at: 0, Array("/at/3.cls".utf8)).edited(
        "cat/3.jpg", at: 0, Array("/at/3.jpg".utf8))
    },
    Case(name: "a name with ..", lost: [3], reason: "leads out") {
      $0.edited("cat/3.cls", at: 0, Array("../33.cls".utf8)).edited(
        "cat/3.jpg", at: 0, Array("../33.jpg".utf8))
    },
    Case(name: "a symbolic link", lost: [2], reason: "a link") {
      $0.edited("cat/2.cls", at: 156, [UInt8(ascii: "2")] + Array("/etc/passwd".utf8)).withoutData(
        "cat/2.cls")
    },
    Case(name: "a hard link", lost: [2], reason: "a link") {
      $0.edited("cat/2.cls", at: 156, [UInt8(ascii: "1")] + Array("cat/1.cls".utf8)).withoutData("cat/2.cls")
    },
    Case(name: "a character device", lost: [7], reason: "a device") {
      $0.edited("cat/7.cls", at: 156, [UInt8(ascii: "3")]).withoutData("cat/7.cls")
    },
    Case(name: "a pipe", lost: [7], reason: "a device") {
      $0.edited("cat/7.cls", at: 156, [UInt8(ascii: "6")]).withoutData("cat/7.cls")
    },
    Case(name: "a type that nobody knows", lost: [7], reason: "type 90") {
      $0.edited("cat/7.cls", at: 156, [UInt8(ascii: "Z")])
    },
    Case(name: "a sparse file", lost: [7], reason: "sparse") {
      $0.edited("cat/7.cls", at: 156, [UInt8(ascii: "S")])
    },
    Case(name: "a suffix twice", lost: [5], reason: "same suffix") {
      $0.inserting(
        Array($0.bytes[$0.header("cat/5.jpg")..<$0.header("cat/6.cls")]), at: $0.header("cat/6.cls"))
    },
    Case(name: "a suffix twice but for its case", lost: [5], reason: "same suffix") {
      let upper = $0.edited("cat/5.jpg", at: 0, Array("cat/5.JPG".utf8))
      let copy = Array(upper.bytes[upper.header("cat/5.JPG")..<upper.header("cat/6.cls")])
      return $0.inserting(copy, at: $0.header("cat/6.cls"))
    },
    Case(name: "a size that is no number", lost: [6], reason: "no size") {
      $0.edited("cat/6.jpg", at: 124, Array("9z9z9z9z9z9".utf8))
    },
    Case(name: "a negative size in base 256", lost: [6], reason: "no size") {
      $0.edited("cat/6.jpg", at: 124, [UInt8](repeating: 0xFF, count: 12))
    },
    Case(name: "a size of exabytes", lost: [6], reason: "no size") {
      $0.edited("cat/6.jpg", at: 124, [0x80, 0, 0, 0, 0x7F] + [UInt8](repeating: 0xFF, count: 7))
    },
    Case(name: "PAX records that break off", lost: [6], reason: "extended header") {
      $0.inserting(pax(Array("99 path=x\n".utf8)), at: $0.header("cat/6.cls"))
    },
    Case(name: "PAX records of many megabytes", lost: [6], reason: "over the limit") {
      $0.inserting(
        pax([UInt8](repeating: UInt8(ascii: "x"), count: 3 << 20)), at: $0.header("cat/6.cls"))
    },
    Case(name: "a PAX path with ..", lost: [6], reason: "leads out") {
      $0.inserting(pax(Array("21 path=../cat/6.cls\n".utf8)), at: $0.header("cat/6.cls"))
        .inserting(
          pax(Array("21 path=../cat/6.jpg\n".utf8)),
          at: $0.header("cat/6.jpg") + pax(Array("21 path=../cat/6.cls\n".utf8)).count)
    },
  ]

  /// An extended header with records.
  static func pax(_ records: [UInt8]) -> [UInt8] {
    var good = TarFile(bytes: [UInt8](repeating: 0, count: 512))
    good.bytes.replaceSubrange(0..<1, with: Array("P".utf8))
    good.bytes.replaceSubrange(257..<265, with: Array("ustar\u{0}00".utf8))
    let size = Array(String(records.count, radix: 8).utf8)
    good = good.edited("P", at: 124, [UInt8](repeating: 48, count: 11 - size.count) + size)
    good = good.edited("P", at: 156, [UInt8(ascii: "x")])
    return good.bytes + records + [UInt8](repeating: 0, count: (512 - records.count % 512) % 512)
  }

  @Test("a long name whose beginning in the header ends at a slash is a file's, not a folder's")
  func cutAtSlash() throws {
    let folder = try TemporaryFolder()
    let good = try TarFile.good()
    var tar = good
    for name in ["cat/6.jpg", "cat/6.cls"] {
      tar = tar.inserting(Self.pax(Array("18 path=\(name)\n".utf8)), at: tar.header(name))
        .edited(name, at: 0, Array("cat/".utf8) + [0, 0, 0, 0, 0])
    }
    try folder.write(good.bytes, "good.tar")
    try folder.write(tar.bytes, "t.tar")
    let expected = try TarReading.byIndex(folder.path + "/good.tar")
    #expect(try TarReading.byIndex(folder.path + "/t.tar") == expected)
    #expect(try TarReading.byStream(folder.path + "/t.tar") == expected)
  }

  @Test(
    "cost their sample only, which keeps its place and says why; index and stream agree", arguments: cases)
  func samples(_ test: Case) throws {
    let folder = try TemporaryFolder()
    try folder.write(test.edit(try TarFile.good()).bytes, "t.tar")
    let found = try TarReading.byIndex(folder.path + "/t.tar")
    #expect(found.count == 10)
    for (index, text) in found.enumerated() {
      if test.lost.contains(index) {
        #expect(text.contains(test.reason), "\(text)")
      } else {
        #expect(text == "\(index) \(index)")
      }
    }
    #expect(try TarReading.byStream(folder.path + "/t.tar") == found)
    let data = try WebDataset(folder.path + "/t.tar")
    #expect(Set(data.faults.map(\.sample)) == Set(test.lost))
    #expect(
      data.faults.allSatisfy { $0.error.index == $0.sample && $0.error.path?.contains("t.tar") == true })
    // A second look uses the index file, which holds the faults too.
    #expect(data.shards[0].storage != nil)
    #expect(try TarReading.byIndex(folder.path + "/t.tar") == found)
  }

  @Test("a label with a size beyond every file is passed over") func endlessLabel() throws {
    // 2⁶³ − 1 in base 256: filled up to whole blocks it would be no number any more.
    let size: [UInt8] = [0x80, 0, 0, 0, 0x7F] + [UInt8](repeating: 0xFF, count: 7)
    let tar = try TarFile.good().edited("cat/3.jpg", at: 124, size).edited(
      "cat/3.jpg", at: 156, [UInt8(ascii: "V")])
    let folder = try TemporaryFolder()
    try folder.write(tar.bytes, "t.tar")
    let found = try TarReading.byIndex(folder.path + "/t.tar")
    #expect(Array(found.prefix(3)) == ["0 0", "1 1", "2 2"], "\(found)")
    #expect(try TarReading.byStream(folder.path + "/t.tar") == found)
  }

  @Test("a fault that is a sample's is told once, also where it is all there is") func faultAlone() throws {
    let tar = try TarFile.good().edited("cat/0.jpg", at: 156, [UInt8(ascii: " ")]).cut(at: 1241)
    let folder = try TemporaryFolder()
    try folder.write(tar.bytes, "t.tar")
    let found = try TarReading.byIndex(folder.path + "/t.tar")
    #expect(found == ["tar header ends after 217 of 512 bytes"])
    #expect(try TarReading.byStream(folder.path + "/t.tar") == found)
  }

  @Test("cut anywhere, they give all samples before the cut, and say what is missing") func cuts() throws {
    let good = try TarFile.good()
    let folder = try TemporaryFolder()
    let end = good.header("cat/9.jpg") + 512 + 1024
    // A file of no bytes is no tar.
    try folder.write([], "none.tar")
    #expect(throws: TesseraError.self) { try WebDataset(folder.path + "/none.tar") }
    for cut in Array(stride(from: 173, through: end + 512, by: 173)) + [end - 1, end, end + 511] {
      try folder.write(good.cut(at: cut).bytes, "\(cut).tar")
      let found = try TarReading.byIndex("\(folder.path)/\(cut).tar")
      #expect(try TarReading.byStream("\(folder.path)/\(cut).tar") == found)
      // A sample takes 512 + 512 for its class and 512 + 1024 for its picture.
      let whole = cut / 2560
      #expect(found.prefix(whole) == (0..<whole).map { "\($0) \($0)" }[...], "cut at \(cut)")
      #expect(found.count <= whole + 1 && found.count <= 10)
      let data = try WebDataset("\(folder.path)/\(cut).tar")
      #expect(!data.faults.isEmpty || cut >= end + 512, "cut at \(cut)")
      // Inside of a picture's data the sample fails; where only padding is missing it does not.
      let inside = cut - whole * 2560
      if (1536..<2236).contains(inside) {
        #expect(found[whole].contains("ends after"), "\(cut): \(found[whole])")
      }
      if inside >= 2236 { #expect(found[whole] == "\(whole) \(whole)") }
    }
  }

  @Test("a header of zeros in the middle is damage, not the end") func zeroHeader() throws {
    var tar = try TarFile.good()
    let start = tar.header("cat/5.cls")
    tar.bytes.replaceSubrange(start..<start + 512, with: [UInt8](repeating: 0, count: 512))
    let folder = try TemporaryFolder()
    try folder.write(tar.bytes, "t.tar")
    let found = try TarReading.byIndex(folder.path + "/t.tar")
    // The lost header's owner is unknown: it has a place of its own.
    #expect(found.count == 11 && found[5].contains("checksum") && found[6] == "5 none" && found[10] == "9 9")
    #expect(try TarReading.byStream(folder.path + "/t.tar") == found)
  }

  @Test("what follows the end marker is noted; a tar in V7 form is read") func ends() throws {
    let good = try TarFile.good()
    let folder = try TemporaryFolder()
    try folder.write(good.bytes + good.bytes, "two.tar")
    let data = try WebDataset(folder.path + "/two.tar")
    #expect(data.count == 10 && data.faults.count == 1 && data.faults[0].sample == nil)
    #expect("\(data.faults[0].error)".contains("end marker"))
    var old = good
    for i in 0..<10 {
      for suffix in ["cls", "jpg"] {
        old = old.edited("cat/\(i).\(suffix)", at: 257, [UInt8](repeating: 0, count: 8))
      }
    }
    try folder.write(old.bytes, "v7.tar")
    #expect(try TarReading.byIndex(folder.path + "/v7.tar") == (0..<10).map { "\($0) \($0)" })
  }

  @Test("files that are no tars are refused with what they are") func noTars() throws {
    let folder = try TemporaryFolder()
    let cases: [(String, [UInt8], String)] = [
      ("a.tar", [0x1F, 0x8B] + [UInt8](repeating: 7, count: 900), "gzip"),
      ("b.tar", [0x28, 0xB5, 0x2F, 0xFD] + [UInt8](repeating: 7, count: 900), "zstd"),
      ("c.tar", try PNGEncoder().encode(Pictures.noise(Size(30), .rgb, seed: 1)), "no tar header"),
      ("d.tar", [UInt8](repeating: 9, count: 5000), "no tar header"),
    ]
    for (name, bytes, words) in cases {
      try folder.write(bytes, name)
      let error = #expect(throws: TesseraError.self) { try WebDataset("\(folder.path)/\(name)") }
      #expect(
        error.map { "\($0)".contains(words) && "\($0)".contains(name) } == true,
        "\(String(describing: error))")
      #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/\(name).index"))
    }
    let missing = #expect(throws: TesseraError.self) { try WebDataset("\(folder.path)/x-{0..3}.tar") }
    #expect(missing?.path == "\(folder.path)/x-0.tar")
    #expect(throws: TesseraError.self) { try WebDataset(folder.path) }
  }

  @Test("no random damage crashes, loses a sample before it, or makes index and stream disagree")
  func mutations() throws {
    let good = try TarFile.good()
    var random = RandomStream(seed: 20_261_125)
    let folder = try TemporaryFolder()
    var intact = 0
    for _ in 0..<400 {
      var tar = good
      var first = tar.bytes.count
      for _ in 0..<random.integer(in: 1...4) {
        let at = random.integer(in: 0...tar.bytes.count - 1)
        first = min(first, at)
        switch random.integer(in: 0...3) {
        case 0: tar.bytes[at] = UInt8(random.integer(in: 0...255))
        case 1: tar.bytes.removeSubrange(at..<min(tar.bytes.count, at + 512 * random.integer(in: 1...3)))
        case 2: tar.bytes.replaceSubrange(at..<at, with: [UInt8](repeating: 0, count: 512))
        default: tar.bytes.removeSubrange(max(at, 1)...)
        }
      }
      try folder.write(tar.bytes, "t.tar")
      let index = try? TarReading.byIndex(folder.path + "/t.tar")
      guard let index else { continue }
      #expect(try TarReading.byStream(folder.path + "/t.tar") == index)
      let whole = min(first / 2560, 10)
      #expect(index.prefix(whole) == (0..<whole).map { "\($0) \($0)" }[...])
      intact += whole
    }
    #expect(intact > 500)
  }
}

extension TarFile {
  /// The tar with a member's data taken out and its size 0: what a link looks like.
  func withoutData(_ name: String) -> TarFile {
    var copy = edited(name, at: 124, Array("00000000000".utf8))
    let start = header(name) + 512
    copy.bytes.removeSubrange(start..<start + 512)
    return copy
  }
}
