internal import TesseraCore

/// Some of the samples of a dataset, in an order of one's own.
///
/// Keeps a run of indices as its two ends, and others in four bytes each where they fit.
public struct Subset: Dataset {
  public let base: any Dataset
  private let list: IndexList

  /// The samples `indices` of `base`; an index may stand there more than once.
  ///
  /// - Throws: `invalidArgument` for an index that the dataset does not have.
  public init(_ base: any Dataset, _ indices: [Int]) throws {
    if let wrong = indices.first(where: { $0 < 0 || $0 >= base.count }) { throw Self.outside(wrong, base) }
    self.base = base
    list = IndexList(indices)
  }

  /// A run of samples of `base`.
  ///
  /// - Throws: `invalidArgument` for a run that reaches outside of the dataset.
  public init(_ base: any Dataset, _ range: Range<Int>) throws {
    guard range.lowerBound >= 0, range.upperBound <= base.count else {
      throw Self.outside(range.lowerBound < 0 ? range.lowerBound : range.upperBound - 1, base)
    }
    self.base = base
    list = .range(range)
  }

  private static func outside(_ index: Int, _ base: any Dataset) -> TesseraError {
    TesseraError(
      .invalidArgument(
        name: "an index", expected: base.count == 0 ? "none: the dataset is empty" : "0 to \(base.count - 1)",
        got: "\(index)"))
  }

  public var count: Int { list.count }
  public var classes: [String] { base.classes }

  /// The index in `base` of the sample at a position. Traps outside of 0..<count.
  public func baseIndex(_ position: Int) -> Int { list[position] }

  /// All indices in `base`, in order.
  public var indices: [Int] { (0..<count).map { list[$0] } }

  public func sample(at index: Int) throws -> Sample { try base.sample(at: list[index]) }
  public func label(at index: Int) throws -> Int? { try base.label(at: list[index]) }

  /// The base's fingerprint and every index.
  public func fingerprint() throws -> Fingerprint {
    var digest = Digest()
    digest.update("subset")
    digest.update(try base.fingerprint().hex)
    list.update(&digest)
    return Fingerprint(digest)
  }
}
