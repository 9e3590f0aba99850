internal import TesseraCore

/// A dataset several times over: longer epochs of the same samples.
///
/// Each time a sample comes it has another index, so its augmentations are drawn anew.
public struct RepeatDataset: Dataset {
  public let base: any Dataset
  public let times: Int

  /// - Parameter times: how often, at least 1.
  /// - Throws: `invalidArgument` for fewer, or for more samples than can be counted.
  public init(_ base: any Dataset, times: Int) throws {
    guard times >= 1, !base.count.multipliedReportingOverflow(by: times).overflow else {
      throw TesseraError(
        .invalidArgument(
          name: "times", expected: "1 to \(base.count == 0 ? Int.max : Int.max / base.count)", got: "\(times)"
        ))
    }
    self.base = base
    self.times = times
  }

  public var count: Int { base.count * times }
  public var classes: [String] { base.classes }

  /// Traps outside of 0..<count.
  public func sample(at index: Int) throws -> Sample { try base.sample(at: checked(index)) }
  public func label(at index: Int) throws -> Int? { try base.label(at: checked(index)) }

  private func checked(_ index: Int) -> Int {
    precondition(index >= 0 && index < count, "sample \(index) of \(count)")
    return index % base.count
  }

  public func fingerprint() throws -> Fingerprint {
    Fingerprint("repeat", "\(times)", try base.fingerprint().hex)
  }
}
