import TesseraCore

/// Which operations an automatic augmentation chooses from, and how strong each is at each of its steps.
///
/// The values are torchvision's, rounded to float as its tables are.
struct AugmentationSpace: Sendable {
  /// The strengths of one operation.
  enum Magnitudes: Sendable {
    /// The operation has none.
    case none
    /// Evenly from `first` to `last`.
    case even(Float, Float)
    /// Evenly from 0 to a share of the picture's width.
    case width(Double)
    /// Evenly from 0 to a share of the picture's height.
    case height(Double)
    /// From `first` bits down by `range`, rounded half to even.
    case bits(first: Float, range: Double)
  }

  let entries: [(augmentation: Augmentation, magnitudes: Magnitudes)]

  /// The magnitude of step `index` of `steps`; 0 for an operation that has none.
  static func magnitude(_ magnitudes: Magnitudes, at index: Int, of steps: Int, for size: Size) -> Double {
    switch magnitudes {
    case .none: return 0
    case .even(let first, let last): return Double(even(first, last, at: index, of: steps))
    case .width(let share): return Double(even(0, Float(share * Double(size.width)), at: index, of: steps))
    case .height(let share): return Double(even(0, Float(share * Double(size.height)), at: index, of: steps))
    case .bits(let first, let range):
      return Double((first - Float(index) / Float(Double(steps - 1) / range)).rounded(.toNearestOrEven))
    }
  }

  /// `torch.linspace` in float: from both ends towards the middle, product and sum rounded once, as torch's
  /// vectorised loop does. (One of the few places where a fused multiply-add *is* the reference; Swift's is exact on
  /// every machine.)
  private static func even(_ first: Float, _ last: Float, at index: Int, of steps: Int) -> Float {
    guard steps > 1 else { return first }
    let step = (last - first) / Float(steps - 1)
    return index < steps / 2
      ? first.addingProduct(step, Float(index)) : last.addingProduct(-step, Float(steps - index - 1))
  }

  func magnitudes(of augmentation: Augmentation) -> Magnitudes {
    guard let entry = entries.first(where: { $0.augmentation == augmentation }) else {
      preconditionFailure("\(augmentation) is not in this space")
    }
    return entry.magnitudes
  }

  /// One operation of the space, each equally likely, at a step of `steps` that `index` chooses.
  func draw(
    steps: Int, for size: Size, style: AugmentationStyle, using random: inout RandomStream,
    index: (inout RandomStream) -> Int
  ) -> [any ImageOperation] {
    let entry = entries[random.integer(in: 0...entries.count - 1)]
    return Self.operations(
      entry.augmentation, entry.magnitudes, at: index(&random), of: steps, for: size, style: style,
      using: &random)
  }

  /// The operation at one step, its magnitude negated half of the time where it has a sign.
  static func operations(
    _ augmentation: Augmentation, _ magnitudes: Magnitudes, at index: Int, of steps: Int, for size: Size,
    style: AugmentationStyle, using random: inout RandomStream
  ) -> [any ImageOperation] {
    var magnitude = magnitude(magnitudes, at: index, of: steps, for: size)
    if augmentation.isSigned, random.bernoulli(0.5) { magnitude = -magnitude }
    return augmentation.operations(magnitude: magnitude, style)
  }
}

extension AugmentationSpace {
  private static let moves: [(Augmentation, Magnitudes)] = [
    (.shearX, .even(0, 0.3)), (.shearY, .even(0, 0.3)), (.translateX, .width(150.0 / 331)),
    (.translateY, .height(150.0 / 331)), (.rotate, .even(0, 30)),
  ]
  private static let factors: [(Augmentation, Magnitudes)] = [
    (.brightness, .even(0, 0.9)), (.color, .even(0, 0.9)), (.contrast, .even(0, 0.9)),
    (.sharpness, .even(0, 0.9)),
  ]
  private static let tables: [(Augmentation, Magnitudes)] = [
    (.solarize, .even(1, 0)), (.autocontrast, .none), (.equalize, .none),
  ]

  static let autoAugment = AugmentationSpace(
    entries: moves + factors + [(.posterize, .bits(first: 8, range: 4))] + tables + [(.invert, .none)])

  static let randAugment = AugmentationSpace(
    entries: [(.identity, .none)] + moves + factors + [(.posterize, .bits(first: 8, range: 4))] + tables)

  static let trivialAugmentWide = AugmentationSpace(
    entries: [
      (.identity, .none), (.shearX, .even(0, 0.99)), (.shearY, .even(0, 0.99)), (.translateX, .even(0, 32)),
      (.translateY, .even(0, 32)), (.rotate, .even(0, 135)), (.brightness, .even(0, 0.99)),
      (.color, .even(0, 0.99)),
      (.contrast, .even(0, 0.99)), (.sharpness, .even(0, 0.99)), (.posterize, .bits(first: 8, range: 6)),
    ] + tables)

  /// AugMix without brightness, contrast, colour and sharpness, which occur in benchmarks of corruption.
  static let augMixPartial = AugmentationSpace(
    entries: [
      (.shearX, .even(0, 0.3)), (.shearY, .even(0, 0.3)), (.translateX, .width(1.0 / 3)),
      (.translateY, .height(1.0 / 3)), (.rotate, .even(0, 30)), (.posterize, .bits(first: 4, range: 4)),
    ] + tables)

  static let augMix = AugmentationSpace(entries: augMixPartial.entries + factors)
}
