private import Foundation
internal import TesseraCore

/// `tally.part-00002-of-00004.bin`: what one process has counted, whole or not there at all.
///
///     8  "TESSTALL"      8  version      64 SHA-256 of the rest, hexadecimal
///     …  a head in JSON behind its length: the part, its run, failures, sums of pixels
///     …  the pictures' facts, then the marks of their pixels, field by field, each behind its length
struct StatsPart {
  var assignment: ShardAssignment
  /// SHA-256 of the `run.json` that it was counted under.
  var run: String
  var tally: StatsTally

  private static let magic = Array("TESSTALL".utf8)
  private static let version = 1
  private static let headSize = 8 + 8 + 64

  var encoded: [UInt8] {
    get throws {
      var body: [UInt8] = []
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      ByteWriter.append(Array(try encoder.encode(Head(self))), to: &body)
      PictureFacts.append(tally.facts, to: &body)
      ByteWriter.append(tally.marks.map(\.sample), to: &body)
      ByteWriter.append(tally.marks.map(\.picture), to: &body)
      ByteWriter.append(tally.marks.map(\.digest.x), to: &body)
      ByteWriter.append(tally.marks.map(\.digest.y), to: &body)
      var out = Self.magic
      ByteWriter.append(UInt64(Self.version), to: &out)
      return out + Array(Digest.hex(of: body).utf8) + body
    }
  }

  /// The part in a file; nil if it is not there.
  ///
  /// - Throws: `io`; `corrupt` for a file that is no whole part of this version.
  static func read(_ names: PartNames, in folder: String) throws -> StatsPart? {
    let path = folder + "/" + names.tally
    guard try FileIO.sizeIfThere(path) != nil else { return nil }
    guard let part = StatsPart(try FileIO.read(path)) else {
      throw TesseraError(
        .corrupt(
          format: "a part's tally",
          detail: "it is damaged, or of another version: run shard \(names.assignment) again"), path: path)
    }
    return part
  }

  /// Nil for bytes that are no whole part of this version.
  private init?(_ bytes: [UInt8]) {
    guard bytes.count >= Self.headSize, bytes.starts(with: Self.magic) else { return nil }
    var start = ByteReader(bytes[8..<16])
    guard start.number() == Self.version,
      Digest.hex(of: Array(bytes[Self.headSize...])).utf8.elementsEqual(bytes[16..<Self.headSize])
    else { return nil }
    var reader = ByteReader(bytes[Self.headSize...])
    guard let json: [UInt8] = reader.array(),
      let head = try? JSONDecoder().decode(Head.self, from: Data(json)),
      let facts = PictureFacts.read(&reader), let marks = Self.marks(&reader), reader.isAtEnd,
      // Each sound picture has a mark, or none has.
      marks.isEmpty || marks.count == facts.count(where: { !$0.traits.contains(.damaged) })
    else { return nil }
    assignment = head.part
    run = head.run
    tally = StatsTally()
    tally.samples = head.samples
    tally.withoutPicture = head.withoutPicture
    tally.failures = head.failures
    tally.facts = facts
    tally.marks = marks
    for sums in head.pixels {
      guard let format = PixelFormat(rawValue: sums.format),
        let pixels = sums.tally(channels: format.channels)
      else { return nil }
      tally.pixels[format] = pixels
    }
  }

  init(_ assignment: ShardAssignment, run: String, _ tally: StatsTally) {
    self.assignment = assignment
    self.run = run
    self.tally = tally
  }

  private static func marks(_ reader: inout ByteReader) -> [StatsTally.PixelMark]? {
    guard let samples: [UInt32] = reader.array(), let pictures: [UInt16] = reader.array(),
      let first: [UInt64] = reader.array(), let second: [UInt64] = reader.array(),
      [pictures.count, first.count, second.count].allSatisfy({ $0 == samples.count })
    else { return nil }
    return samples.indices.map {
      StatsTally.PixelMark(
        sample: samples[$0], picture: pictures[$0], digest: SIMD2(first[$0], second[$0]))
    }
  }

  /// What has no fixed size.
  private struct Head: Codable {
    var part: ShardAssignment
    var run: String
    var samples: Int
    var withoutPicture: Int
    var failures: [StatsTally.Failure]
    var pixels: [Sums]

    init(_ part: StatsPart) {
      self.part = part.assignment
      run = part.run
      samples = part.tally.samples
      withoutPicture = part.tally.withoutPicture
      failures = part.tally.failures
      pixels = part.tally.pixels.sorted { $0.key.rawValue < $1.key.rawValue }.map(Sums.init)
    }
  }

  /// Sums over the pixels of one layout; in digits where JSON's numbers may not hold them.
  private struct Sums: Codable {
    var format: String
    var pictures: Int
    /// Count, sum and sum of squares of each channel.
    var moments: [[String]]
    var means: [String]
    var meanSquares: [String]
    var counts: [Int]

    init(_ format: PixelFormat, _ tally: PixelTally) {
      self.format = format.rawValue
      pictures = tally.pictures
      moments = tally.moments.map { ["\($0.count)", "\($0.sum)", "\($0.sumOfSquares)"] }
      means = tally.means.map(String.init)
      meanSquares = tally.meanSquares.map(String.init)
      counts = tally.counts
    }

    /// Nil where there are not as many sums as channels.
    func tally(channels: Int) -> PixelTally? {
      var tally = PixelTally(channels: channels)
      tally.pictures = pictures
      tally.moments = moments.compactMap { numbers in
        guard numbers.count == 3, let count = UInt64(numbers[0]), let sum = UInt128(numbers[1]),
          let squares = UInt128(numbers[2])
        else { return nil }
        return Moments(count: count, sum: sum, sumOfSquares: squares)
      }
      tally.means = means.compactMap { UInt128($0) }
      tally.meanSquares = meanSquares.compactMap { UInt128($0) }
      tally.counts = counts
      let lengths = [tally.moments.count, tally.means.count, tally.meanSquares.count]
      guard lengths.allSatisfy({ $0 == channels }), counts.isEmpty || counts.count == 256 * channels
      else { return nil }
      return tally
    }
  }
}
