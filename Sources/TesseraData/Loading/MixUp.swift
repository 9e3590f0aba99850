public import TesseraCore

/// Mixes each picture of a batch with the one before it, and their labels likewise (Zhang et al., 2018).
///
/// `images[i] = λ · images[i] + (1 − λ) · images[i − 1]` (the first with the last), one λ ~ Beta(α, α) a batch, as
/// torchvision's `v2.MixUp`; `softLabels` are mixed from one-hot labels. Pictures must be floats.
public struct MixUp: BatchTransform {
  /// The Beta distribution's parameter: near 0 mixes little, 1 mixes evenly.
  public var alpha: Double
  /// How many classes there are.
  public var classCount: Int

  public init(alpha: Double = 1, classCount: Int) {
    precondition(alpha > 0 && alpha.isFinite, "MixUp(alpha: \(alpha)): above 0")
    precondition(classCount > 0, "MixUp(classCount: \(classCount))")
    self.alpha = alpha
    self.classCount = classCount
  }

  public var summary: String { "MixUp(\(alpha), \(classCount))" }

  public func apply(to batch: inout Batch, using random: inout RandomStream) throws {
    let lambda = random.beta(alpha)
    try apply(to: &batch, lambda: lambda)
  }

  /// Mixes with a given λ, 0...1.
  package func apply(to batch: inout Batch, lambda: Double) throws {
    try batch.checkMixable("MixUp", needsFloats: true)
    try batch.mixLabels(lambda, classCount: classCount)
    batch.images = batch.images.rolledMix(lambda)
  }
}

/// Pastes a rectangle of the picture before it into each picture of a batch, and mixes their labels by its area
/// (Yun et al., 2019).
///
/// λ ~ Beta(α, α) decides the rectangle's size (√(1 − λ) of each side), its centre is uniform, what sticks out is cut
/// off and λ set to the share that is left, as torchvision's `v2.CutMix`. Pictures may be of any type.
public struct CutMix: BatchTransform {
  public var alpha: Double
  public var classCount: Int

  public init(alpha: Double = 1, classCount: Int) {
    precondition(alpha > 0 && alpha.isFinite, "CutMix(alpha: \(alpha)): above 0")
    precondition(classCount > 0, "CutMix(classCount: \(classCount))")
    self.alpha = alpha
    self.classCount = classCount
  }

  public var summary: String { "CutMix(\(alpha), \(classCount))" }

  public func apply(to batch: inout Batch, using random: inout RandomStream) throws {
    let lambda = random.beta(alpha)
    let size = try batch.pictureSize("CutMix")
    let centre = (x: random.integer(in: 0...size.width - 1), y: random.integer(in: 0...size.height - 1))
    try apply(to: &batch, lambda: lambda, centre: centre)
  }

  /// Pastes with a given λ and centre.
  package func apply(to batch: inout Batch, lambda: Double, centre: (x: Int, y: Int)) throws {
    try batch.checkMixable("CutMix", needsFloats: false)
    let size = try batch.pictureSize("CutMix")
    let half = 0.5 * (1 - lambda).squareRoot()
    let (halfWidth, halfHeight) = (Int(half * Double(size.width)), Int(half * Double(size.height)))
    let (left, top) = (max(0, centre.x - halfWidth), max(0, centre.y - halfHeight))
    let box = Rect(
      x: left, y: top, width: min(size.width, centre.x + halfWidth) - left,
      height: min(size.height, centre.y + halfHeight) - top)
    let kept = 1 - Double(box.size.area) / Double(size.area)
    try batch.mixLabels(kept, classCount: classCount)
    batch.images = batch.images.rolledPaste(box, isChannelsLast: batch.isChannelsLast)
  }
}

/// Does one of some batch transforms, by chance (`MixUp` half of the time, `CutMix` the other, say).
public struct RandomBatchChoice: BatchTransform {
  public var transforms: [any BatchTransform]
  /// A weight each.
  public var weights: [Double]

  /// - Parameter weights: by default all alike.
  public init(_ transforms: [any BatchTransform], weights: [Double]? = nil) {
    precondition(!transforms.isEmpty, "RandomBatchChoice of nothing")
    let weights = weights ?? transforms.map { _ in 1 }
    precondition(
      weights.count == transforms.count && weights.allSatisfy { $0 >= 0 && $0.isFinite }
        && weights.contains { $0 > 0 }, "RandomBatchChoice(weights: \(weights))")
    self.transforms = transforms
    self.weights = weights
  }

  public var summary: String {
    "RandomBatchChoice(\(zip(transforms, weights).map { "\($0.summary): \($1)" }.joined(separator: ", ")))"
  }

  public func apply(to batch: inout Batch, using random: inout RandomStream) throws {
    let possible = transforms.indices.filter { weights[$0] > 0 }
    var place = random.uniform() * weights.reduce(0, +)
    for index in possible {
      place -= weights[index]
      // Rounding may leave a crumb behind the last.
      if place < 0 || index == possible.last {
        return try transforms[index].apply(to: &batch, using: &random)
      }
    }
  }
}
