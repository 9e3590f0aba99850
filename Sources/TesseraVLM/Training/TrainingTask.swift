/// What a trainer trains: parameters, where the batches come from, and the loss. One's own takes these few members.
///
/// A step's batches must be a function of the task's state alone, so that a run that was stopped goes on as if it had
/// not been.
public protocol TrainingTask: AnyObject {
  associatedtype Batch

  /// What is trained. The list never changes.
  var parameters: [NamedParameter] { get }

  /// The batches of the next optimiser step, whose gradients are added up; nil where the data ends.
  ///
  /// - Throws: what is wrong with the data. The trainer saves and stops.
  func nextStep() throws -> StepBatches<Batch>?

  /// Called before a step's losses, with what its batches come to on all ranks.
  func begin(_ totals: StepTotals)

  /// The sum of the losses over a batch's units (a scalar that leads back to the parameters).
  func loss(_ batch: Batch) throws -> TorchTensor

  /// Where the data stands, after the last step that was asked for: text that `restore` understands.
  func position() throws -> String

  /// Goes on where the data stood.
  ///
  /// - Throws: `invalidArgument` where the data is not what it was.
  func restore(_ position: String) throws

  /// Writes the whole model as those who use it want it, in a folder that does not exist yet.
  func export(to path: String) throws
}

extension TrainingTask {
  public func begin(_ totals: StepTotals) {}
}

/// The batches of one optimiser step: where several processes train, those of this rank.
public struct StepBatches<Batch> {
  /// One after another through the model, their gradients added up.
  public var batches: [Batch]
  /// What each batch's loss is a sum over: supervised tokens, rows. The step's loss is the whole sum over all units.
  public var units: [Int]
  /// What the loss of texts that are learned beside the batches is a mean over; 0 for none.
  public var companions = 0
  /// Tokens of all batches, without padding; 0 where there are none.
  public var tokens: Int
  public var images: Int
  /// The samples, for those who look for the cause of a bad step.
  public var samples: [String]
  /// Samples that were not to be had, as the error policy allows.
  public var failures: [String]

  public init(
    _ batches: [Batch], units: [Int], tokens: Int = 0, images: Int = 0, samples: [String] = [],
    failures: [String] = []
  ) {
    precondition(batches.count == units.count, "\(batches.count) batches, units of \(units.count)")
    self.batches = batches
    self.units = units
    self.tokens = tokens
    self.images = images
    self.samples = samples
    self.failures = failures
  }

  /// Whether none of the step's samples could be read.
  var isUnread: Bool { units.allSatisfy { $0 == 0 } && samples.isEmpty && !failures.isEmpty }
}

extension StepBatches: Sendable where Batch: Sendable {}
