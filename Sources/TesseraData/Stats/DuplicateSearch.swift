internal import TesseraCodecs
internal import TesseraCore

/// Finds files of equal bytes, reading as few of them as it can.
///
/// Only files of equal size, dimensions and kind are compared; of those, only the ones whose last 4 KiB (for
/// JPEG, coded pixels) hash alike are read whole and hashed with SHA-256.
struct DuplicateSearch {
  let job: StatsJob
  let control: JobControl

  /// Bytes of a file's end that are hashed first.
  private static let probeLength = 4096

  /// What a search came to.
  struct Result {
    /// Places in the list of facts with equal SHA-256, in the order of their first.
    var groups: [(places: [Int], hash: String)] = []
    /// Files that could be read before, and not any more.
    var failures: [StatsTally.Failure] = []
  }

  /// The groups of equal files.
  ///
  /// - Throws: if the system gives no thread.
  func run(_ facts: [PictureFacts]) throws -> Result {
    var result = Result()
    let candidates = Self.runs(of: facts.indices.filter { facts[$0].bytes > 0 }) {
      Self.precedes(facts[$0], facts[$1])
    }
    var probes: [Int: UInt64] = [:]
    let missing = candidates.joined().filter { facts[$0].probe == 0 }
    for (place, text) in try hashes(of: missing, facts, whole: false, &result) {
      probes[place] = Self.words(text).x
    }
    let probe = { (place: Int) in facts[place].probe != 0 ? facts[place].probe : probes[place] }
    let alike = candidates.flatMap { group in
      Self.runs(of: group.filter { probe($0) != nil }) { (probe($0) ?? 0) < (probe($1) ?? 0) }
    }
    let whole = try hashes(of: alike.flatMap { $0 }, facts, whole: true, &result)
    for group in alike {
      let known = group.filter { whole[$0] != nil }
      for equal in Self.runs(of: known, by: { (whole[$0] ?? "") < (whole[$1] ?? "") }) {
        result.groups.append((equal, whole[equal[0]] ?? ""))
      }
    }
    result.groups.sort { $0.places[0] < $1.places[0] }
    result.failures.sort { ($0.sample, $0.picture) < ($1.sample, $1.picture) }
    return result
  }

  /// An order in which equal files stand side by side: they agree in everything but their names.
  private static func precedes(_ a: PictureFacts, _ b: PictureFacts) -> Bool {
    if a.bytes != b.bytes { return a.bytes < b.bytes }
    let (x, y) = (a.traits.subtracting(.wrongExtension), b.traits.subtracting(.wrongExtension))
    return (a.width, a.height, x.rawValue) < (b.width, b.height, y.rawValue)
  }

  /// Groups of two or more places of which none precedes the other; places in order.
  static func runs(of places: [Int], by precedes: (Int, Int) -> Bool) -> [[Int]] {
    let sorted = places.sorted { precedes($0, $1) || (!precedes($1, $0) && $0 < $1) }
    var groups: [[Int]] = []
    var start = 0
    for end in 1...max(sorted.count, 1) where end >= sorted.count || precedes(sorted[end - 1], sorted[end]) {
      if end - start > 1 { groups.append(Array(sorted[start..<end])) }
      start = end
    }
    return groups
  }

  /// SHA-256 of files, or of their ends, on the job's threads. Files that cannot be read become failures.
  private func hashes(
    of places: [Int], _ facts: [PictureFacts], whole: Bool, _ result: inout Result
  ) throws -> [Int: String] {
    guard !places.isEmpty else { return [:] }
    let next = Guarded(0)
    let found = Guarded((hashes: [Int: String](), failures: [StatsTally.Failure]()))
    try WorkerThreads.run(min(job.threads, places.count)) { [job, control] _ in
      while !control.isCancelled {
        let number = next.withLock { next -> Int in
          defer { next += 1 }
          return next
        }
        guard number < places.count else { return }
        let place = places[number]
        switch Self.hash(facts[place], job, whole: whole) {
        case .success(let text): found.withLock { $0.hashes[place] = text }
        case .failure(let failure): found.withLock { $0.failures.append(failure.failure) }
        }
      }
    }
    let all = found.withLock { $0 }
    result.failures += all.failures
    return all.hashes
  }

  private struct Unreadable: Error { var failure: StatsTally.Failure }

  private static func hash(
    _ facts: PictureFacts, _ job: StatsJob, whole: Bool
  ) -> Swift.Result<String, Unreadable> {
    let (index, number) = (Int(facts.sample), Int(facts.picture))
    var name = "sample \(index)"
    do {
      let sample = try job.dataset.sample(at: index)
      name = sample.name(ofPicture: number, sample: index)
      guard sample.pictures.indices.contains(number) else {
        throw TesseraError(.io(operation: "read", code: 0, message: "the sample has changed"), stage: .read)
      }
      return .success(
        try hash(
          sample.pictures[number], bytes: Int(facts.bytes), whole: whole,
          limits: (sample.recipe?.policy ?? job.policy).limits))
    } catch {
      let known =
        error as? TesseraError
        ?? TesseraError(.io(operation: "read", code: 0, message: String(describing: error)))
      return .failure(
        Unreadable(
          failure: StatsTally.Failure(
            sample: index, picture: number, name: name, label: facts.label < 0 ? nil : Int(facts.label),
            known.with(stage: .read))))
    }
  }

  private static func hash(
    _ source: PictureSource, bytes: Int, whole: Bool, limits: DecodeLimits
  ) throws -> String {
    if !whole, case .file(let path) = source {
      return Digest.hex(of: try FileIO.read(path, range: max(0, bytes - probeLength)..<bytes))
    }
    let data = try source.encodedBytes(limits: limits) ?? []
    return whole ? Digest.hex(of: data) : Digest.hex(of: Array(data.suffix(probeLength)))
  }

  /// The first 64 bits of the SHA-256 of a file's end.
  static func probe(_ bytes: [UInt8]) -> UInt64 { words(Digest.hex(of: Array(bytes.suffix(probeLength)))).x }

  /// The first 128 bits of the SHA-256 of a picture's layout and pixels.
  static func digest(of image: Image) -> SIMD2<UInt64> {
    var digest = Digest()
    digest.update(image.format.rawValue)
    digest.update(image.width)
    digest.update(image.height)
    image.withUnsafeBytes { digest.update($0) }
    return words(digest.hex())
  }

  /// The first two words of a hash in hexadecimal digits.
  private static func words(_ hex: String) -> SIMD2<UInt64> {
    SIMD2(UInt64(hex.prefix(16), radix: 16) ?? 0, UInt64(hex.dropFirst(16).prefix(16), radix: 16) ?? 0)
  }
}
