public import TesseraCore

/// Data that knows how many samples it has and what sample *i* is.
///
/// A dataset decodes nothing: its samples carry encoded pictures, which the loader's threads decode. One's own
/// takes a few lines:
///
///     struct Pairs: Dataset {
///       let paths: [String]
///       var count: Int { paths.count }
///       func sample(at index: Int) throws -> Sample { Sample(.file(paths[index]), label: index % 2) }
///     }
public protocol Dataset: Sendable {
  /// The number of samples.
  var count: Int { get }

  /// What sample `index` is, 0 ≤ `index` < `count`. Called on the loader's threads, several at a time.
  ///
  /// The same index must always give the same sample: a batch is a pure function of the data, the pipeline,
  /// the seed, the epoch and the position.
  ///
  /// - Throws: what is wrong with this sample. It is this sample's failure and no other's.
  func sample(at index: Int) throws -> Sample

  /// The names of the classes in the order of their labels; empty where labels have no names.
  var classes: [String] { get }

  /// The label of a sample, for samplers and splits that look at all labels. By default that of `sample(at:)`;
  /// datasets that know it without making the sample say so here.
  func label(at index: Int) throws -> Int?

  /// What tells this data from other data, or from itself after a change.
  ///
  /// By default the type's name and the count. Called when a loader's state is saved or restored, not before.
  func fingerprint() throws -> Fingerprint

  /// Asks for every sample and lists what is wrong, in the order of their indices.
  ///
  /// - Parameter checkingFiles: also look whether each picture's file is there, can be read and is not empty.
  ///   Nothing is decoded.
  /// - Returns: an error each, with the sample's index. No error is thrown.
  func validate(checkingFiles: Bool) -> [TesseraError]
}

extension Dataset {
  public var classes: [String] { [] }
  public func label(at index: Int) throws -> Int? { try sample(at: index).label }
  public func fingerprint() throws -> Fingerprint { Fingerprint("\(Self.self)", "\(count)") }

  /// Sample `index`; the same as `sample(at:)`.
  public subscript(index: Int) -> Sample {
    get throws { try sample(at: index) }
  }
}
