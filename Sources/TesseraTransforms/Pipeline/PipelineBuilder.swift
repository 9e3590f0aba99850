/// Collects transforms written one a line, and checks at compile time that each stands where it can.
@resultBuilder
public enum PipelineBuilder {
  /// Steps so far, the last of which gives an image.
  public struct Images: Sendable {
    var steps: [any Transform]
  }
  /// Steps so far, the last of which gives a tensor.
  public struct Tensors: Sendable {
    var steps: [any Transform]
  }
  /// All steps.
  public struct Result: Sendable {
    public let pipeline: Pipeline
  }

  public static func buildPartialBlock(first: some ImageTransform) -> Images { Images(steps: [first]) }
  public static func buildPartialBlock(first: some TensorConversion) -> Tensors { Tensors(steps: [first]) }
  public static func buildPartialBlock(accumulated: Images, next: some ImageTransform) -> Images {
    Images(steps: accumulated.steps + [next])
  }
  public static func buildPartialBlock(accumulated: Images, next: some TensorConversion) -> Tensors {
    Tensors(steps: accumulated.steps + [next])
  }
  public static func buildPartialBlock(accumulated: Tensors, next: some TensorTransform) -> Tensors {
    Tensors(steps: accumulated.steps + [next])
  }
  public static func buildFinalResult(_ images: Images) -> Result {
    Result(pipeline: Pipeline(checked: images.steps))
  }
  public static func buildFinalResult(_ tensors: Tensors) -> Result {
    Result(pipeline: Pipeline(checked: tensors.steps))
  }
}
