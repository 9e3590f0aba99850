private import Foundation
internal import TesseraCore
public import TesseraData

/// Whether held-out samples are trained on as well: cheap enough to be asked before every run.
///
///     let check = try OverlapCheck(heldOut: [(name: "val", dataset: validation)])
///     for line in try check.warnings(against: [(name: "train", dataset: train)]) { print(line) }
///
/// Held-out pictures are read once. Of a picture that is trained on the length is asked first, and only one as long as a
/// held-out one is read: of photographs hardly any. Records that cannot be read count for nothing; `CorpusCheck` tells
/// of them.
public struct OverlapCheck: Sendable {
  /// A data set and what it is called.
  public typealias Named = (name: String, dataset: any Dataset)

  /// Where a held-out sample stands.
  private struct Place: Hashable {
    var set: Int
    var index: Int
  }

  /// What is compared of a sample.
  private struct Content {
    /// Of the pictures; nil where there are none.
    var pictures: ContentDigest?
    /// Of pictures and text.
    var whole: ContentDigest
  }

  /// What was found of one held-out set: its samples, and an example of each kind.
  private struct Finding {
    var whole: Set<Int> = []
    var pictures: Set<Int> = []
    /// The first in order, so that any number of threads finds the same.
    var example: (heldOut: Int, trained: Int, name: String)?
  }

  private let names: [String]
  private let counts: [Int]
  private let threads: Int
  private var whole: [ContentDigest: [Place]] = [:]
  private var pictures: [ContentDigest: [Place]] = [:]
  /// The lengths of held-out samples' first pictures, in bytes.
  private var lengths: Set<Int> = []

  /// Reads the held-out sets.
  ///
  /// - Parameter threads: nil for one a core.
  public init(heldOut: [Named], threads: Int? = nil) {
    names = heldOut.map(\.name)
    counts = heldOut.map(\.dataset.count)
    self.threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
    for (set, named) in heldOut.enumerated() {
      for index in 0..<named.dataset.count {
        guard let sample = Self.sample(named.dataset, index), let content = Self.content(sample) else {
          continue
        }
        whole[content.whole, default: []].append(Place(set: set, index: index))
        if let shown = content.pictures { pictures[shown, default: []].append(Place(set: set, index: index)) }
        if let first = sample.pictures.first, let length = Self.length(first) { lengths.insert(length) }
      }
    }
  }

  /// Compares.
  ///
  /// - Returns: a sentence for each held-out set that has something in common with what is trained on.
  /// - Throws: `io` where no thread can be started.
  public func warnings(against trained: [Named]) throws -> [String] {
    let found = Guarded([Finding](repeating: Finding(), count: names.count))
    for named in trained {
      let next = Guarded(0)
      let (count, step) = (named.dataset.count, 256)
      try WorkerThreads.run(max(1, min(threads, (count + step - 1) / step))) { [self] _ in
        while true {
          let start = next.withLock { next in
            defer { next += step }
            return next
          }
          guard start < count else { return }
          for index in start..<min(count, start + step) { compare(named, index, found) }
        }
      }
    }
    return zip(names.indices, found.withLock { $0 }).compactMap(sentence)
  }

  private func compare(_ named: Named, _ index: Int, _ found: Guarded<[Finding]>) {
    guard let sample = Self.sample(named.dataset, index) else { return }
    if let first = sample.pictures.first, let length = Self.length(first), !lengths.contains(length) {
      return
    }
    guard let content = Self.content(sample) else { return }
    let same = whole[content.whole] ?? []
    let shown = content.pictures.flatMap { pictures[$0] } ?? []
    guard !same.isEmpty || !shown.isEmpty else { return }
    found.withLock { found in
      for place in shown { found[place.set].pictures.insert(place.index) }
      for place in same {
        found[place.set].whole.insert(place.index)
        let known = found[place.set].example.map { ($0.heldOut, $0.trained) } ?? (.max, .max)
        if (place.index, index) < known { found[place.set].example = (place.index, index, named.name) }
      }
    }
  }

  private func sentence(_ set: Int, _ found: Finding) -> String? {
    let others = found.pictures.subtracting(found.whole).count
    var parts: [String] = []
    if !found.whole.isEmpty {
      parts.append(
        "\(found.whole.count) are trained on as they are"
          + (found.example.map { " (sample \($0.heldOut) is sample \($0.trained) of '\($0.name)')" } ?? ""))
    }
    if others > 0 { parts.append("\(others) show pictures that are trained on with other words") }
    guard !parts.isEmpty else { return nil }
    return "of the \(counts[set]) samples of '\(names[set])' \(parts.joined(separator: ", ")): "
      + "what the model is worth on them says little of new data"
  }

  // MARK: contents

  private static func sample(_ dataset: any Dataset, _ index: Int) -> Sample? {
    do { return try dataset.sample(at: index) } catch { return nil }
  }

  /// The bytes of an encoded picture, where they can be told without reading it.
  private static func length(_ picture: PictureSource) -> Int? {
    switch picture {
    case .file(let path): FileIO.size(path)
    case .section(_, let range, _), .remote(_, let range, _): range.count
    case .bytes(let bytes, _): bytes.count
    case .deferred, .image, .tensor, .unreadable: nil
    }
  }

  /// Nil for a sample of which a picture cannot be read.
  private static func content(_ sample: Sample) -> Content? {
    var shown = Digest()
    var all = Digest()
    for picture in sample.pictures {
      var digest = Digest()
      do {
        if let bytes = try picture.encodedBytes() { digest.update(bytes) } else { digest.update(picture) }
      } catch { return nil }
      let short = ContentDigest(digest)
      short.update(&shown)
      short.update(&all)
    }
    if sample.conversation.isEmpty { all.update(SampleInspector.trimmed(sample.text ?? "")) }
    for turn in sample.conversation {
      all.update(turn.role.rawValue)
      all.update(SampleInspector.trimmed(turn.text))
    }
    let pictures = ContentDigest(shown)
    return Content(pictures: sample.pictures.isEmpty ? nil : pictures, whole: ContentDigest(all))
  }
}
