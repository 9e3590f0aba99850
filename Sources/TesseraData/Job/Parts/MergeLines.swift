internal import TesseraCore

/// The parts' manifests and lists of errors, put into the order of the whole list.
struct MergeLines {
  private(set) var manifest: [UInt8] = []
  private(set) var errors: [UInt8] = []
  /// The list of shards; nil where the job makes none.
  private(set) var shards: [UInt8]?
  private(set) var done = 0
  private(set) var failed = 0

  /// Where a sample's line lies.
  private struct Place {
    var part = -1
    var isFailure = false
    var line = 0..<0
  }

  /// Reads the lines of all parts.
  ///
  /// - Throws: `corrupt` for a file that is not the one of its record; `invalidInput` if a sample is in two parts
  ///   or in none.
  init(_ records: [PartRecord], in folder: String) throws {
    var places = [Place](repeating: Place(), count: records.first?.pictures ?? 0)
    var texts: [(manifest: [UInt8], errors: [UInt8])] = []
    for (number, record) in records.enumerated() {
      let names = PartNames(record.part)
      let manifest = try Self.read(names.manifest, in: folder, record, digest: record.manifest)
      let errors = try Self.read(names.errors, in: folder, record, digest: record.errors)
      texts.append((manifest, errors))
      for (bytes, isFailure) in [(manifest, false), (errors, true)] {
        try Self.note(bytes, Place(part: number, isFailure: isFailure), record, folder, &places)
      }
    }
    try Self.checkGaps(places, folder)
    shards = try Self.shards(records, folder)
    manifest.reserveCapacity(texts.reduce(0) { $0 + $1.manifest.count })
    for place in places {
      if place.isFailure {
        errors += texts[place.part].errors[place.line]
        failed += 1
      } else {
        manifest += texts[place.part].manifest[place.line]
        done += 1
      }
    }
  }

  private static func read(
    _ name: String, in folder: String, _ record: PartRecord, digest: String
  ) throws -> [UInt8] {
    let bytes = try FileIO.read(folder + "/" + name)
    guard Digest.hex(of: bytes) == digest else {
      throw TesseraError(
        .corrupt(
          format: "a part",
          detail:
            "the file is not the one that its record describes: run shard \(record.part) again, with --resume"
        ), path: folder + "/" + name)
    }
    return bytes
  }

  /// The lists of shards in the order of the shards: line *k* of the whole is line *k* / *n* of part *k* mod *n*.
  private static func shards(_ records: [PartRecord], _ folder: String) throws -> [UInt8]? {
    guard records.contains(where: { $0.shards != nil }) else { return nil }
    let lists = try records.map { record in
      let name = PartNames(record.part).shards
      return try read(name, in: folder, record, digest: record.shards ?? "")
        .split(separator: UInt8(ascii: "\n"))
    }
    let longest = lists.map(\.count).max() ?? 0
    for (record, list) in zip(records, lists) where list.count != Array(record.share.blocks).count {
      throw TesseraError(
        .corrupt(format: "a part", detail: "shard \(record.part) lists \(list.count) shards, not its own"),
        path: folder)
    }
    return (0..<longest).flatMap { row in
      lists.filter { row < $0.count }.flatMap { $0[row] + [UInt8(ascii: "\n")] }
    }
  }

  /// Notes the place of each line of a file.
  private static func note(
    _ bytes: [UInt8], _ kind: Place, _ record: PartRecord, _ folder: String, _ places: inout [Place]
  ) throws {
    var start = 0
    while start < bytes.count {
      let end = (bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count - 1) + 1
      guard let sample = sample(of: bytes[start..<end]), places.indices.contains(sample) else {
        throw TesseraError(
          .corrupt(format: "a part", detail: "shard \(record.part) has a line without a sample of the list"),
          path: folder)
      }
      guard places[sample].part < 0 else {
        let other = places[sample].part
        throw TesseraError(
          .invalidInput(
            operation: "merge", expected: "every sample in one part",
            got: "sample \(sample) in shard \(other)/\(record.part.count) and in shard \(record.part)"),
          path: folder)
      }
      places[sample] = Place(part: kind.part, isFailure: kind.isFailure, line: start..<end)
      start = end
    }
  }

  /// The number behind `{"sample":`, with which every line begins.
  private static func sample(of line: ArraySlice<UInt8>) -> Int? {
    let head = Array(#"{"sample":"#.utf8)
    guard line.starts(with: head) else { return nil }
    let digits = line.dropFirst(head.count).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    return Int(String(decoding: digits, as: UTF8.self))
  }

  private static func checkGaps(_ places: [Place], _ folder: String) throws {
    guard let first = places.firstIndex(where: { $0.part < 0 }) else { return }
    let count = places.count { $0.part < 0 }
    throw TesseraError(
      .invalidInput(
        operation: "merge", expected: "every sample in one part",
        got: "sample \(first)" + (count > 1 ? " and \(count - 1) more" : "") + " in none"),
      path: folder)
  }
}
