internal import TesseraCore

/// What is looked at before the first step, so that a run that cannot learn does not begin.
public struct Preflight: Sendable {
  /// ‖∂loss/∂pixels‖ of the first batch with pictures; nil where there is none.
  public var pixelGradientNorm: Double?
  /// The share of the first step's tokens that is learned, 0...1.
  public var learnedShare: Double
  /// The loss before the first step, per learned token.
  public var loss: Double

  /// Looks at the first step of a task, and puts the data back to where it was.
  ///
  /// - Throws: `invalidInput` where the pictures do not reach the loss, where nothing is learned, or where the loss is
  ///   not finite; what data and model throw.
  public init(_ task: NextTokenTask) throws {
    let position = try task.position()
    var found = try task.nextStep()
    // A step of which no sample can be read is passed over in the training too.
    while let step = found, step.isUnread { found = try task.nextStep() }
    guard let step = found else {
      throw TesseraError(
        .invalidInput(operation: "the run", expected: "a step of which a sample can be read", got: "none"))
    }
    let learned = step.units.reduce(0, +)
    guard learned > 0 else {
      throw TesseraError(
        .invalidInput(operation: "the first step", expected: "a token that is learned", got: "none"))
    }
    learnedShare = Double(learned) / Double(max(1, step.tokens))
    // A batch as small as it may be: what is looked at is whether anything arrives.
    if let batch = step.batches.first(where: { !$0.pixels.isEmpty && !$0.targets.isEmpty }) {
      pixelGradientNorm = try task.checkedPixelGradientNorm(batch)
    }
    let sum = try noGrad {
      try step.batches.filter { !$0.targets.isEmpty }.reduce(0.0) { try $0 + task.loss($1).item }
    }
    loss = sum / Double(learned)
    guard loss.isFinite else {
      throw TesseraError(.invalidInput(operation: "the run", expected: "a finite loss", got: "\(loss)"))
    }
    try task.restore(position)
  }
}
