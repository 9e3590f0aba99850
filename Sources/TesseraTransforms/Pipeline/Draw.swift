public import TesseraCore

/// What chance decided for one picture: a list of operations without any chance left.
///
/// Printed as text a draw is itself a pipeline, so it can be stored and replayed.
public struct Draw: Sendable {
  /// The picture before the first operation.
  public let input: PictureInfo
  /// The operations in order.
  public private(set) var operations: [any Operation] = []
  /// `infos[i]` is what is known after operation `i`.
  public private(set) var infos: [PictureInfo] = []
  /// Where the pass for the operations from the conversion on is kept, if they are the fixed end of a pipeline.
  var passes: PassCache?

  public init(input: PictureInfo) { self.input = input }

  init(input: PictureInfo, capacity: Int) {
    self.input = input
    operations.reserveCapacity(capacity)
    infos.reserveCapacity(capacity)
  }

  /// What comes out: size, format, shape.
  public var output: PictureInfo { infos.last ?? input }

  /// Draws one more transform, for the picture as it is at this point.
  public mutating func append(_ transform: any Transform, using random: inout RandomStream) throws {
    for operation in try transform.draw(for: output, using: &random) { try append(operation) }
  }

  /// Appends an operation. The boxes that later draws look at move with it.
  public mutating func append(_ operation: any Operation) throws {
    let before = output
    var info = try operation.output(for: before)
    // Without boxes no need to ask: an answer costs an allocation.
    if !before.boxes.isEmpty, let operation = operation as? any GeometricOperation {
      info.boxes = before.boxes.map { operation.move($0, in: before) }
    }
    operations.append(operation)
    infos.append(info)
    passes = nil
  }

  /// The draw as a pipeline that gives the same result every time.
  public var pipeline: Pipeline { Pipeline(checked: operations) }
}

/// What a pipeline makes of one picture.
public struct PipelineOutput: Sendable, Equatable {
  public enum Value: Sendable, Equatable {
    case image(Image)
    /// Several pictures of one (five crops, tiles).
    case views([Image])
    /// `[C, H, W]`, or `[V, C, H, W]` with views.
    case tensor(AnyTensor)
  }

  public var value: Value
  public var annotations: Annotations

  public init(_ value: Value, annotations: Annotations = Annotations()) {
    self.value = value
    self.annotations = annotations
  }
}
