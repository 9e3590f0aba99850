import TesseraCore

/// One of the operations that the automatic augmentations choose from.
enum Augmentation: String, CaseIterable, Sendable {
  case identity, shearX, shearY, translateX, translateY, rotate, brightness, color, contrast, sharpness,
    posterize
  case solarize, autocontrast, equalize, invert

  /// Whether the magnitude is negated half of the time.
  var isSigned: Bool {
    switch self {
    case .shearX, .shearY, .translateX, .translateY, .rotate, .brightness, .color, .contrast, .sharpness: true
    default: false
    }
  }

  /// What it does to a picture: nothing, or one operation.
  ///
  /// - Parameters:
  ///   - magnitude: a shear as a tangent, a shift in pixels (truncated), degrees, a change of a factor, bits, or a share
  ///     of 255 as a threshold.
  ///   - style: filter and fill of the moves.
  func operations(magnitude: Double, _ style: AugmentationStyle) -> [any ImageOperation] {
    let (filter, fill) = (style.filter, style.fill)
    switch self {
    case .identity: return []
    case .shearX, .shearY:
      // The affine matrix takes the tangent of an angle: the magnitude itself, once it is wrapped in its inverse.
      let degrees = FixedMath.arctangent(magnitude) * (180 / Double.pi)
      let shear = self == .shearX ? Point(x: degrees, y: 0) : Point(x: 0, y: degrees)
      return [Affine(angle: 0, shear: shear, filter: filter, fill: fill, center: Point(x: 0, y: 0))]
    case .translateX:
      return [
        Affine(
          angle: 0, translate: Point(x: magnitude.rounded(.towardZero), y: 0), filter: filter, fill: fill)
      ]
    case .translateY:
      return [
        Affine(
          angle: 0, translate: Point(x: 0, y: magnitude.rounded(.towardZero)), filter: filter, fill: fill)
      ]
    case .rotate: return [Rotate(magnitude, filter: filter, fill: fill)]
    case .brightness: return [AdjustBrightness(factor: 1 + magnitude)]
    case .color: return [AdjustSaturation(factor: 1 + magnitude)]
    case .contrast: return [AdjustContrast(factor: 1 + magnitude)]
    case .sharpness: return [AdjustSharpness(factor: 1 + magnitude)]
    case .posterize: return [Posterize(bits: Int(magnitude))]
    case .solarize: return [Solarize(threshold: 255 * magnitude)]
    case .autocontrast: return [Autocontrast()]
    case .equalize: return [Equalize()]
    case .invert: return [Invert()]
    }
  }
}

/// How the moves of an automatic augmentation sample and what they put where nothing is.
struct AugmentationStyle: Sendable, Hashable {
  var filter: ResampleFilter
  var fill: Fill

  func validate() throws {
    guard [.nearest, .bilinear, .bicubic].contains(filter) else {
      throw TesseraError(
        .invalidArgument(name: "filter", expected: "nearest, bilinear or bicubic", got: filter.rawValue))
    }
  }
}
