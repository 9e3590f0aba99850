private import Foundation
internal import TesseraCore

/// Where a loader stands: all that is needed to go on from there, in a few hundred bytes.
///
/// No permutation and no generator is stored: the order is a function of the seed and the epoch, so going on is a
/// matter of starting at `nextBatch`. (A stream is read again up to there.)
public struct LoaderState: Sendable, Hashable, Codable {
  /// The epoch that is under way.
  public var epoch: Int
  /// The first batch that is still to come.
  public var nextBatch: Int
  /// What augmentations and substitutes are drawn from.
  public var seed: UInt64
  /// Failures of the epoch so far: they count against the error policy's maximum.
  public var failureCount: Int
  /// The dataset and its pipeline.
  public var dataset: Fingerprint
  /// Everything else that decides a batch: order, batch size, collator, transforms, layout, rank.
  public var settings: String

  /// Writes the state as JSON, aside first and then renamed: a crash leaves the old file or the new one.
  ///
  /// - Throws: `io`.
  public func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(Array(try encoder.encode(self)) + [UInt8(ascii: "\n")], to: path, sync: true)
  }

  /// Reads a state that `write(to:)` wrote.
  ///
  /// - Throws: `io`, `corrupt` for what is no state of this version.
  public init(contentsOf path: String) throws {
    let bytes = try FileIO.read(path, limit: 1 << 20)
    do { self = try JSONDecoder().decode(LoaderState.self, from: Data(bytes)) } catch {
      throw TesseraError(.corrupt(format: "the loader's state", detail: "\(error)"), path: path)
    }
    do { try check() } catch let error as TesseraError { throw error.with(path: path) }
  }

  init(
    epoch: Int, nextBatch: Int, seed: UInt64, failureCount: Int, dataset: Fingerprint, settings: String
  ) {
    self.epoch = epoch
    self.nextBatch = nextBatch
    self.seed = seed
    self.failureCount = failureCount
    self.dataset = dataset
    self.settings = settings
  }

  /// Throws unless the numbers are such as a loader writes.
  func check() throws {
    // Beyond any data there is; and products with a batch's size stay whole numbers.
    let limit = 1 << 40
    for (name, value) in [("epoch", epoch), ("nextBatch", nextBatch), ("failureCount", failureCount)]
    where !(0...limit).contains(value) {
      throw TesseraError(
        .corrupt(format: "the loader's state", detail: "\(name) is \(value), expected 0...\(limit)"))
    }
  }

  /// What of `now` differs, as `name: then, now`; empty if the run can go on.
  func differences(from now: LoaderState) -> [String] {
    var found: [String] = []
    if dataset != now.dataset {
      found.append("the dataset or its pipeline: \(dataset) then, \(now.dataset) now")
    }
    if seed != now.seed { found.append("the seed: \(seed) then, \(now.seed) now") }
    if settings != now.settings { found.append("the loader: '\(settings)' then, '\(now.settings)' now") }
    return found
  }
}
