/// A dataset of samples that are in memory already.
public struct InMemoryDataset: Dataset {
  public let samples: [Sample]
  public let classes: [String]

  /// - Parameter classes: the names of the labels in their order; none if labels have no names.
  public init(_ samples: [Sample], classes: [String] = []) {
    self.samples = samples
    self.classes = classes
  }

  public var count: Int { samples.count }
  public func sample(at index: Int) throws -> Sample { samples[index] }
  public func label(at index: Int) throws -> Int? { samples[index].label }

  /// Everything that the samples hold: labels, texts, turns, the bytes of pictures and tensors, annotations and
  /// recipes. Of files the path, of deferred pictures the name.
  ///
  /// - Complexity: O(bytes).
  public func fingerprint() throws -> Fingerprint {
    var digest = Digest()
    digest.update("memory")
    digest.update(count)
    classes.forEach { digest.update($0) }
    for sample in samples { digest.update(sample) }
    return Fingerprint(digest)
  }
}
