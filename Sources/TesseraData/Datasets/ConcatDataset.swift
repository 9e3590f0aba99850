internal import TesseraCore

/// Several datasets one after another.
///
/// - Complexity: a sample is found in O(log *k*) for *k* datasets.
public struct ConcatDataset: Dataset {
  public let parts: [any Dataset]
  public let classes: [String]
  /// `ends[k]` is the number of samples in the parts up to and including k.
  private let ends: [Int]

  /// Joins datasets of any kinds.
  ///
  /// Labels are taken as they are, so the parts must have the same classes in the same order; parts whose labels
  /// have no names fit everywhere.
  ///
  /// - Throws: `invalidArgument` if two parts have different classes, naming the first that differs.
  public init(_ parts: [any Dataset]) throws {
    var classes: [String] = []
    var named = 0
    var ends: [Int] = []
    for (number, part) in parts.enumerated() {
      if !part.classes.isEmpty {
        if classes.isEmpty { (classes, named) = (part.classes, number) }
        try Self.check(part.classes, of: number, against: classes, of: named)
      }
      let (end, overflow) = (ends.last ?? 0).addingReportingOverflow(part.count)
      guard !overflow else {
        throw TesseraError(.limitExceeded(what: "samples in all parts", limit: .max, found: .max))
      }
      ends.append(end)
    }
    self.parts = parts
    self.classes = classes
    self.ends = ends
  }

  private static func check(
    _ classes: [String], of part: Int, against others: [String], of other: Int
  ) throws {
    guard classes != others else { return }
    let at =
      zip(classes, others).enumerated().first { $1.0 != $1.1 }?.offset ?? min(classes.count, others.count)
    func name(_ list: [String]) -> String { at < list.count ? "'\(list[at])'" : "none" }
    throw TesseraError(
      .invalidArgument(
        name: "the parts of a ConcatDataset",
        expected: "of the same classes (part \(other) has \(others.count), class \(at) is \(name(others)))",
        got: "part \(part) with \(classes.count), class \(at) is \(name(classes))"))
  }

  public var count: Int { ends.last ?? 0 }

  /// The part that a sample lies in, and its index there. Traps outside of 0..<count.
  public func locate(_ index: Int) -> (part: Int, index: Int) {
    precondition(index >= 0 && index < count, "sample \(index) of \(count)")
    // The first part that ends behind the index; empty parts end where the one before does.
    var (low, high) = (0, ends.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if ends[middle] > index { high = middle } else { low = middle + 1 }
    }
    return (low, index - (low == 0 ? 0 : ends[low - 1]))
  }

  public func sample(at index: Int) throws -> Sample {
    let place = locate(index)
    return try parts[place.part].sample(at: place.index)
  }

  public func label(at index: Int) throws -> Int? {
    let place = locate(index)
    return try parts[place.part].label(at: place.index)
  }

  public func fingerprint() throws -> Fingerprint {
    Fingerprint(["concat"] + (try parts.map { try $0.fingerprint().hex }))
  }
}
