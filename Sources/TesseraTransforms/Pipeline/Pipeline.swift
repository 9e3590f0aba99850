public import TesseraCore

/// A list of transforms as a value: what happens to a picture on its way to a tensor.
///
/// Made by the Swift builder, from text, YAML, JSON or a Hugging Face configuration, and printed back to each.
public struct Pipeline: Sendable {
  /// The steps in order: image transforms, then perhaps one conversion, then tensor transforms.
  public let steps: [any Transform]
  /// How many steps at the end, from the conversion on, are the same for every picture; and the passes of them.
  private let fixed: (count: Int, passes: PassCache)?

  /// Makes a pipeline of steps.
  ///
  /// - Throws: `invalidArgument` if a step stands where its kind cannot (`normalize` before `to_tensor`).
  public init(steps: [any Transform]) throws {
    if let (index, message) = Self.firstMisplaced(steps) {
      throw TesseraError(
        .invalidArgument(
          name: "step \(index + 1)", expected: message, got: type(of: steps[index]).schema.name))
    }
    self.init(checked: steps)
  }

  /// Steps whose order the compiler has checked.
  init(checked steps: [any Transform]) {
    self.steps = steps
    let end = steps[(steps.firstIndex { $0 is any TensorConversion } ?? steps.endIndex)...]
    fixed = !end.isEmpty && end.allSatisfy { $0 is any FixedStep } ? (end.count, PassCache()) : nil
  }

  /// A pipeline without steps: pictures stay as they are decoded.
  public static let empty = Pipeline(checked: [])

  /// Makes a pipeline from transforms written one a line. A wrong order does not compile.
  public init(@PipelineBuilder _ build: () -> PipelineBuilder.Result) { self = build().pipeline }

  /// Whether the pipeline ends in tensors.
  public var givesTensor: Bool { steps.contains { $0 is any TensorConversion } }

  /// The first step that cannot stand where it does, and what is wanted there.
  static func firstMisplaced(_ steps: [any Transform]) -> (index: Int, message: String)? {
    var isTensor = false
    for (index, step) in steps.enumerated() {
      if isTensor {
        if !(step is any TensorTransform) {
          return (index, "a step on tensors (the picture is already a tensor here)")
        }
      } else if step is any TensorConversion {
        isTensor = true
      } else if !(step is any ImageTransform) {
        return (index, "a step on images (to_tensor must come before steps on tensors)")
      }
    }
    return nil
  }

  /// Draws every step's numbers for one picture.
  ///
  /// - Parameters:
  ///   - random: the sample's stream (seed, epoch, sample); step *i* takes its operation *i*.
  ///   - firstStep: what the first step counts as, where steps before it were done already.
  /// - Throws: `invalidInput` if a step cannot take the picture.
  public func draw(
    for picture: PictureInfo, using random: RandomStream, firstStep: Int = 0
  ) throws -> Draw {
    // Most steps that draw become two operations at most.
    var draw = Draw(input: picture, capacity: 2 * steps.count)
    for (index, step) in steps.enumerated() {
      if index >= steps.count - (fixed?.count ?? 0), let operation = step as? any Operation {
        try draw.append(operation)
      } else {
        var stream = random.operation(UInt32(firstStep + index))
        try draw.append(step, using: &stream)
      }
    }
    draw.passes = fixed?.passes
    return draw
  }

  /// Whether no step draws anything: the output depends on the picture alone.
  public var isDeterministic: Bool {
    steps.allSatisfy { !($0 is any RandomTransform) }
  }
}
