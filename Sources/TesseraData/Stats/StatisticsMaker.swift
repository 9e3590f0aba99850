internal import TesseraCodecs
internal import TesseraCore
internal import TesseraTransforms

/// Makes the statistics of what the threads have found.
struct StatisticsMaker {
  let job: StatsJob
  let indices: SampleIndices
  let control: JobControl

  /// How many names stand for a feature.
  private static let exampleCount = 10
  /// How many pictures stand at each end.
  private static let extremeCount = 5

  /// - Parameter tally: everything, in the dataset's order.
  /// - Throws: if the system gives no thread to compare files with.
  func make(_ tally: StatsTally) throws -> DatasetStatistics {
    let facts = tally.facts
    var failures = tally.failures
    let copies = try duplicates(facts, &failures)
    return DatasetStatistics(
      settings: try settings(), samples: job.dataset.count, examined: tally.samples,
      isPartial: tally.samples < indices.count || control.isCancelled,
      withoutPicture: tally.withoutPicture, pictures: facts.count,
      decoded: job.headersOnly ? 0 : facts.count { !$0.traits.contains(.damaged) },
      failures: failures.map(Self.failure), emptyFiles: failures.count { $0.isEmptyFile },
      bytes: facts.reduce(0) { $0 + Int(max($1.bytes, 0)) },
      pixels: pixels(tally.pixels),
      width: Distribution(facts.map { Double($0.width) }),
      height: Distribution(facts.map { Double($0.height) }),
      megapixels: Distribution(facts.map { Double($0.size.area) / 1e6 }),
      aspectRatio: Distribution(
        facts.compactMap { $0.size.area > 0 ? $0.aspectRatio : nil }, edges: Binning.aspectBins),
      fileBytes: Distribution(facts.compactMap { $0.bytes < 0 ? nil : Double($0.bytes) }),
      jpegQuality: Distribution(facts.compactMap { $0.quality == 0 ? nil : Double($0.quality) }),
      formats: Self.counts(facts) { $0.format?.rawValue },
      modes: Self.counts(facts, \.mode),
      subsamplings: Self.counts(facts, \.subsampling),
      orientations: Self.counts(facts) { String($0.orientation) },
      features: PictureFeature.allCases.map { feature(of: facts, $0) },
      classes: balance(facts, failures),
      duplicates: copies, pixelDuplicates: pixelDuplicates(tally.marks, facts, copies),
      extremes: extremes(facts))
  }

  private func settings() throws -> DatasetStatistics.Settings {
    let steps = try job.pipeline?.picturePart()
    return DatasetStatistics.Settings(
      tessera: TesseraVersion.current, headersOnly: job.headersOnly,
      pipeline: steps.flatMap { $0.steps.isEmpty ? nil : $0.text }, generation: job.generation.rawValue,
      subset: job.subset.flatMap { $0 < job.dataset.count ? $0 : nil }, seed: job.seed, policy: job.policy)
  }

  private static func failure(_ failure: StatsTally.Failure) -> DatasetStatistics.Failure {
    DatasetStatistics.Failure(
      sample: failure.sample, name: failure.name, stage: failure.stage, reason: failure.reason)
  }

  // MARK: pixels

  private func pixels(_ tallies: [PixelFormat: PixelTally]) -> [PixelStatistics] {
    tallies.filter { $0.value.pictures > 0 }
      .sorted { ($1.value.pictures, $0.key.rawValue) < ($0.value.pictures, $1.key.rawValue) }
      .map { PixelStatistics($0.value, format: $0.key) }
  }

  // MARK: counts

  /// Names and how often they occur, the most frequent first.
  private static func counts(
    _ facts: [PictureFacts], _ name: (PictureFacts) -> String?
  ) -> [NamedCount] {
    var counts: [String: Int] = [:]
    for facts in facts { if let name = name(facts) { counts[name, default: 0] += 1 } }
    return counts.map { NamedCount(name: $0.key, count: $0.value) }
      .sorted { ($1.count, $0.name) < ($0.count, $1.name) }
  }

  private func feature(of facts: [PictureFacts], _ feature: PictureFeature) -> FeatureCount {
    var count = 0
    var examples: [String] = []
    for facts in facts where feature.holds(for: facts) {
      count += 1
      if count <= Self.exampleCount { examples.append(name(of: facts)) }
    }
    return FeatureCount(name: feature.rawValue, count: count, examples: examples)
  }

  private func balance(_ facts: [PictureFacts], _ failures: [StatsTally.Failure]) -> ClassBalance? {
    var counts: [Int: (pictures: Int, failed: Int)] = [:]
    for facts in facts where facts.label >= 0 { counts[Int(facts.label), default: (0, 0)].pictures += 1 }
    for case let label? in failures.map(\.label) { counts[label, default: (0, 0)].failed += 1 }
    let names = job.dataset.classes
    for label in names.indices where counts[label] == nil { counts[label] = (0, 0) }
    guard !counts.isEmpty else { return nil }
    let classes = counts.sorted { $0.key < $1.key }.map { label, count in
      ClassBalance.Class(
        label: label, name: names.indices.contains(label) ? names[label] : String(label),
        pictures: count.pictures, failed: count.failed)
    }
    let filled = classes.map(\.pictures).filter { $0 > 0 }
    return ClassBalance(
      classes: classes, unlabelled: facts.count { $0.label < 0 },
      imbalance: Double(filled.max() ?? 0) / Double(max(filled.min() ?? 1, 1)))
  }

  // MARK: copies

  private func duplicates(
    _ facts: [PictureFacts], _ failures: inout [StatsTally.Failure]
  ) throws -> Duplicates? {
    guard job.findsDuplicates, !control.isCancelled else { return nil }
    let found = try DuplicateSearch(job: job, control: control).run(facts)
    if control.isCancelled { return nil }
    failures += found.failures
    failures.sort { ($0.sample, $0.picture) < ($1.sample, $1.picture) }
    return Duplicates(found.groups.map { group($0.places.map { facts[$0] }, $0.hash) })
  }

  /// Pictures of equal pixels, without the groups that are already known as equal files.
  private func pixelDuplicates(
    _ marks: [StatsTally.PixelMark], _ facts: [PictureFacts], _ equalFiles: Duplicates?
  ) -> Duplicates? {
    guard job.findsPixelDuplicates, !job.headersOnly, !control.isCancelled else { return nil }
    let sound = facts.filter { !$0.traits.contains(.damaged) }
    let known = Set((equalFiles?.groups ?? []).map(\.names))
    let groups = DuplicateSearch.runs(of: Array(marks.indices)) { a, b in
      (marks[a].digest.x, marks[a].digest.y) < (marks[b].digest.x, marks[b].digest.y)
    }
    // Both lists hold the sound pictures, in one order.
    precondition(sound.count == marks.count, "\(sound.count) sound pictures, \(marks.count) marks")
    return Duplicates(
      groups.sorted { $0[0] < $1[0] }.map { places in
        let digest = marks[places[0]].digest
        return group(places.map { sound[$0] }, Self.hex(digest.x) + Self.hex(digest.y))
      }.filter { !known.contains($0.names) })
  }

  private func group(_ facts: [PictureFacts], _ hash: String) -> Duplicates.Group {
    Duplicates.Group(
      names: facts.map(name), samples: facts.map { Int($0.sample) }, sha256: hash,
      conflicts: Set(facts.map(\.label)).count > 1)
  }

  private static func hex(_ word: UInt64) -> String {
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  // MARK: ends

  private func extremes(_ facts: [PictureFacts]) -> Extremes {
    Extremes(
      smallest: first(facts) { $0.size.area < $1.size.area },
      largest: first(facts) { $0.size.area > $1.size.area },
      narrowest: first(facts) { $0.aspectRatio < $1.aspectRatio },
      widest: first(facts) { $0.aspectRatio > $1.aspectRatio },
      heaviest: first(facts, where: { $0.bytes >= 0 }) { $0.bytes > $1.bytes })
  }

  /// The first pictures of an order; among equals the dataset's decides.
  private func first(
    _ facts: [PictureFacts], where isMeant: (PictureFacts) -> Bool = { _ in true },
    _ precedes: (PictureFacts, PictureFacts) -> Bool
  ) -> [Extremes.Picture] {
    var kept: [PictureFacts] = []
    for facts in facts where isMeant(facts) {
      if kept.count == Self.extremeCount, let last = kept.last, !precedes(facts, last) { continue }
      kept.insert(facts, at: kept.firstIndex { precedes(facts, $0) } ?? kept.count)
      if kept.count > Self.extremeCount { kept.removeLast() }
    }
    return kept.map { facts in
      Extremes.Picture(
        name: name(of: facts), width: Int(facts.width), height: Int(facts.height),
        bytes: facts.bytes < 0 ? nil : Int(facts.bytes))
    }
  }

  /// A picture's name, from the dataset. Data that have changed in between have only a number.
  private func name(of facts: PictureFacts) -> String {
    let index = Int(facts.sample)
    do { return try job.dataset.sample(at: index).name(ofPicture: Int(facts.picture), sample: index) } catch {
      return "sample \(index)"
    }
  }
}

extension Duplicates {
  init(_ groups: [Group]) {
    self.groups = groups
    redundant = groups.reduce(0) { $0 + $1.names.count - 1 }
    conflicting = groups.count(where: \.conflicts)
  }
}

extension PixelStatistics {
  init(_ tally: PixelTally, format: PixelFormat) {
    let names: [PixelFormat: [String]] = [
      .gray: ["gray"], .grayAlpha: ["gray", "alpha"], .rgb: ["red", "green", "blue"],
      .rgba: ["red", "green", "blue", "alpha"], .gray16: ["gray"],
    ]
    layout = format.rawValue
    pictures = tally.pictures
    pixelCount = Int(tally.moments[0].count)
    full = format == .gray16 ? 65535 : 255
    let (number, full) = (Double(tally.pictures), Double(full))
    channels = (names[format] ?? []).enumerated().map { index, name in
      let moments = tally.moments[index]
      // Units of 2⁻⁴⁰ of a level.
      let mean = Double(tally.means[index]) * 0x1p-40 / number
      let meanSquare = Double(tally.meanSquares[index]) * 0x1p-40 / number
      return Channel(
        name: name, sum: String(moments.sum), sumOfSquares: String(moments.sumOfSquares),
        mean: moments.mean / full, standardDeviation: moments.standardDeviation / full,
        pictureMean: mean / full,
        pictureStandardDeviation: max(0, meanSquare - mean * mean).squareRoot() / full,
        valueCounts: tally.counts.isEmpty ? nil : Array(tally.counts[index * 256..<index * 256 + 256]))
    }
    normalize = Self.normalize(channels)
  }

  /// The step as a pipeline's text, four decimals as people write them; nil where it would divide by zero.
  private static func normalize(_ channels: [Channel]) -> String? {
    func list(_ values: [Double]) -> String {
      "[" + values.map { String(($0 * 10000).rounded() / 10000) }.joined(separator: ", ") + "]"
    }
    guard channels.allSatisfy({ $0.standardDeviation >= 0.00005 }) else { return nil }
    return "normalize(mean: \(list(channels.map(\.mean))), std: \(list(channels.map(\.standardDeviation))))"
  }
}
