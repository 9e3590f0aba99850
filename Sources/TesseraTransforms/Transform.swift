public import TesseraCore

/// A step of a pipeline: what to do with a picture, perhaps by chance.
///
/// A transform works in two halves. `draw` looks at the picture's size and format (never its pixels), takes
/// what chance it needs from `random`, and returns *operations*: steps whose every number is fixed. The
/// operations then do the work. So a draw can be printed, stored, replayed and applied to masks and boxes,
/// and a plan can see all geometry before a pixel is decoded.
public protocol Transform: Sendable {
  /// The name, the arguments and one line of help: what text, YAML, JSON and `tessera transforms` use.
  static var schema: TransformSchema { get }

  /// Fixes every number. `random` belongs to this step alone: how much of it is taken changes no other step.
  ///
  /// - Throws: `TesseraError.Reason.invalidInput` if the picture cannot be worked on.
  func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation]

  /// Throws `TesseraError.Reason.invalidArgument` if an argument is out of its range.
  func validate() throws
}

/// A step from image to image.
public protocol ImageTransform: Transform {}

/// The step from image to tensor.
public protocol TensorConversion: Transform {}

/// A step from tensor to tensor.
public protocol TensorTransform: Transform {}

/// A transform that draws: its operations depend on `random`.
public protocol RandomTransform: Transform {}

extension Transform {
  public func validate() throws {}

  /// The transform itself if its arguments are valid; traps with the reason otherwise. For initialisers.
  func checked() -> Self {
    do { try validate() } catch { preconditionFailure("\(Self.schema.name): \(error)") }
    return self
  }
}
