/// What a loader does with a sample that cannot be had: a damaged file, a failing step.
public struct LoaderErrorPolicy: Sendable, Hashable, CustomStringConvertible {
  enum Kind: String, Sendable { case stop, skip, substitute }

  let kind: Kind
  /// The largest share of an epoch's samples that may fail; one failure is always allowed.
  let maximum: Double

  /// The epoch ends with the error of the first bad sample in the order (the default).
  public static let stop = LoaderErrorPolicy(kind: .stop, maximum: 0)

  /// The sample leaves a hole: the batch is shorter and says which slots it holds. Nothing slides.
  public static let skip = skip(maximum: 0.01)

  /// Another sample takes the place: one that the seed, the epoch and the bad sample's index decide.
  public static let substitute = substitute(maximum: 0.01)

  /// Leaves holes, as long as they are few.
  ///
  /// - Parameter maximum: the largest share of the epoch's samples that may fail, 0...1; one failure is always
  ///   allowed. Beyond it the epoch ends with an error. In streams, whose length nobody knows, it is the share
  ///   of the samples so far, counted as at least 1000.
  public static func skip(maximum: Double) -> LoaderErrorPolicy {
    precondition((0...1).contains(maximum), "skip(maximum: \(maximum)): a share is 0...1")
    return LoaderErrorPolicy(kind: .skip, maximum: maximum)
  }

  /// Puts other samples in place, as long as the bad ones are few; see `skip(maximum:)`.
  public static func substitute(maximum: Double) -> LoaderErrorPolicy {
    precondition((0...1).contains(maximum), "substitute(maximum: \(maximum)): a share is 0...1")
    return LoaderErrorPolicy(kind: .substitute, maximum: maximum)
  }

  /// How many failures are allowed among so many samples.
  func allowed(of samples: Int) -> Int { max(1, Int((maximum * Double(samples)).rounded(.up))) }

  public var description: String { kind == .stop ? "stop" : "\(kind.rawValue)(maximum: \(maximum))" }
}
