/// What the batches of one optimiser step come to over all ranks.
public struct StepTotals: Sendable, Hashable {
  /// What the step's loss is a mean over.
  public var units = 0
  /// What the loss of texts that are learned beside is a mean over (`StepBatches.companions`).
  public var companions = 0
  public var tokens = 0
  public var images = 0
  public var samples = 0
  public var failures = 0

  /// Adds up what ranks have before any of them computes; nil where the data ends.
  ///
  /// - Throws: this rank's own failure, else another's; `io` with the rank that is to blame.
  init?<Batch>(of step: Result<StepBatches<Batch>?, any Error>, _ group: ProcessGroup) throws {
    // One process has nothing to add, and the error as it was.
    guard group.isShared else {
      guard let step = try step.get() else { return nil }
      self.init(step)
      return
    }
    // The failure itself is told below, when all ranks know that there is one.
    let own = if case .success(let batches) = step { batches } else { StepBatches<Batch>?.none }
    var numbers = own.map { Self($0).numbers } ?? Array(repeating: 0, count: Self.fields.count)
    var failed = 0.0
    if case .failure = step { failed = 1 }
    numbers += [own == nil ? 0 : 1, failed]
    let sums = try group.sum(numbers)
    guard sums[Self.fields.count + 1] == 0 else {
      _ = try group.exchange(step.map { _ in true })
      preconditionFailure("a rank failed, and none says so")
    }
    let ranks = Int(sums[Self.fields.count])
    precondition(ranks == 0 || ranks == group.size, "\(ranks) of \(group.size) ranks have a step")
    guard ranks > 0 else { return nil }
    self.init()
    for (field, sum) in zip(Self.fields, sums) { self[keyPath: field] = Int(sum) }
  }

  private init() {}

  private init<Batch>(_ step: StepBatches<Batch>) {
    units = step.units.reduce(0, +)
    (companions, tokens, images) = (step.companions, step.tokens, step.images)
    (samples, failures) = (step.samples.count, step.failures.count)
  }

  private static var fields: [WritableKeyPath<Self, Int>] {
    [\.units, \.companions, \.tokens, \.images, \.samples, \.failures]
  }

  private var numbers: [Double] { Self.fields.map { Double(self[keyPath: $0]) } }

  /// Whether none of the step's samples could be read.
  var isUnread: Bool { units == 0 && samples == 0 && failures > 0 }
}
