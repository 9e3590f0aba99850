public import TesseraCore

/// Names the generation of Pillow whose pixels all later resizing steps give.
///
/// Pillow's resampling changed twice in 2026; a model's checkpoint was trained with the pixels of one generation.
/// Steps with a `generation` of their own keep it.
public struct Resampling: AnnotationOperation {
  public var generation: PillowGeneration

  public init(_ generation: PillowGeneration) { self.generation = generation }

  public static let schema = TransformSchema(
    "resampling", .geometry, "Names the generation of Pillow whose pixels later resizing steps give.",
    prototype: Resampling(.newest), .required("generation", \.generation, label: "", "the generation"))

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    var info = picture
    info.generation = generation
    return info
  }

  public func apply(to annotations: Annotations, in picture: PictureInfo) throws -> Annotations {
    annotations
  }
}
