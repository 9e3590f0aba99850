public import TesseraCodecs
public import TesseraCore

/// One scene of Shapes: one or two objects on a dark ground, a pure function of (seed, split, index).
///
///     let scene = ShapesScene(seed: 0, split: .validation, index: 7)
///     print(scene.caption)       // a small red circle left of a large blue square
///     let picture = scene.image  // 48×48, the same bytes on every machine
///
/// Any number of scenes can be made, and the first n are the same however many follow. Which of training and
/// validation a scene of known pairs belongs to is decided by its objects alone (`fingerprint`), so that no scene is
/// ever in both, whatever the seeds and the counts.
public struct ShapesScene: Sendable, Hashable {
  /// Coordinates are whole numbers of 1/192 of the side: a quarter of a pixel at 48.
  public static let grid = 192
  /// The version of what scenes look like and of what is asked about them: another one means other files for the same
  /// seed.
  public static let version = 3

  /// One object, or two of different pairs; of two, the first is left of or above the second.
  public var objects: [ShapesObject]
  /// How the first object stands to the second; nil for one object.
  public var relation: ShapesRelation?
  /// The ground, each channel 0...50.
  public var background: RGBColor
  /// What the noise and the questions are drawn from.
  let random: RandomStream.Key

  /// The numbers of the streams of one scene.
  enum Operation {
    static let layout: UInt32 = 0
    static let noise: UInt32 = 1
    static let questions: UInt32 = 2
    static let request: UInt32 = 3
  }

  /// Makes scene `index` of a split.
  ///
  /// - Complexity: O(1); a validation scene takes eight tries on average, as one in `validationShare` is one.
  public init(seed: UInt64, split: ShapesSplit, index: Int) {
    precondition(index >= 0, "scene \(index)")
    var stream = RandomStream(
      seed: seed, epoch: split.number, sample: UInt64(index), operation: Operation.layout)
    random = stream.key
    background = RGBColor(
      red: UInt8(stream.integer(in: 0...50)), green: UInt8(stream.integer(in: 0...50)),
      blue: UInt8(stream.integer(in: 0...50)))
    repeat {
      (objects, relation) = ShapesLayout.draw(split, using: &stream)
    } while !isOf(split)
  }

  /// One in so many scenes of known pairs is a validation scene.
  static let validationShare: UInt64 = 8

  /// Whether the objects are such as the split may show.
  private func isOf(_ split: ShapesSplit) -> Bool {
    // The upper half: FNV's low bits depend on the low bits of the input alone.
    let isValidation = (fingerprint >> 32) % Self.validationShare == 0
    return switch split {
    case .train: !isValidation
    case .validation: isValidation
    case .heldout: objects.contains { ShapesPair.heldOut.contains($0.pair) }
    }
  }

  /// A hash of the objects: what they are, where, and how large. Ground and noise play no part.
  ///
  /// FNV-1a with 64 bits over the numbers.
  public var fingerprint: UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    func add(_ value: Int) { hash = (hash ^ UInt64(truncatingIfNeeded: value)) &* 0x0000_0100_0000_01B3 }
    for object in objects {
      object.name.utf8.forEach { add(Int($0)) }
      for number in [object.x, object.y, object.radius] { add(number) }
    }
    return hash
  }

  /// The one description that the picture allows: `a small red circle left of a large blue square`.
  public var caption: String {
    let names = objects.map { "a \($0.name)" }
    guard let relation, names.count == 2 else { return names[0] }
    return "\(names[0]) \(relation.rawValue) \(names[1])"
  }

  /// The scene as a 48×48 picture.
  public var image: Image { image(side: 48) }
}
