/// A policy that a search found: 25 pairs of operations, one of which is done.
///
/// Source: Cubuk et al., "AutoAugment: learning augmentation policies from data" (2019), tables 7 to 9 of its appendix,
/// in torchvision's reading.
public enum AugmentationPolicy: String, Sendable, Hashable, Codable, CaseIterable {
  case imageNet = "imagenet"
  case cifar10
  case svhn

  /// An operation, its chance, and its strength: a step of ten (0 for those without any).
  struct Part: Sendable {
    let augmentation: Augmentation
    let probability: Double
    let step: Int

    init(_ augmentation: Augmentation, _ probability: Double, step: Int = 0) {
      self.augmentation = augmentation
      self.probability = probability
      self.step = step
    }
  }

  /// The pairs; each is equally likely.
  var pairs: [(Part, Part)] {
    switch self {
    case .imageNet: Self.imageNetPairs
    case .cifar10: Self.cifar10Pairs
    case .svhn: Self.svhnPairs
    }
  }

  private static let imageNetPairs: [(Part, Part)] = [
    (.init(.posterize, 0.4, step: 8), .init(.rotate, 0.6, step: 9)),
    (.init(.solarize, 0.6, step: 5), .init(.autocontrast, 0.6)),
    (.init(.equalize, 0.8), .init(.equalize, 0.6)),
    (.init(.posterize, 0.6, step: 7), .init(.posterize, 0.6, step: 6)),
    (.init(.equalize, 0.4), .init(.solarize, 0.2, step: 4)),
    (.init(.equalize, 0.4), .init(.rotate, 0.8, step: 8)),
    (.init(.solarize, 0.6, step: 3), .init(.equalize, 0.6)),
    (.init(.posterize, 0.8, step: 5), .init(.equalize, 1)),
    (.init(.rotate, 0.2, step: 3), .init(.solarize, 0.6, step: 8)),
    (.init(.equalize, 0.6), .init(.posterize, 0.4, step: 6)),
    (.init(.rotate, 0.8, step: 8), .init(.color, 0.4, step: 0)),
    (.init(.rotate, 0.4, step: 9), .init(.equalize, 0.6)),
    (.init(.equalize, 0), .init(.equalize, 0.8)),
    (.init(.invert, 0.6), .init(.equalize, 1)),
    (.init(.color, 0.6, step: 4), .init(.contrast, 1, step: 8)),
    (.init(.rotate, 0.8, step: 8), .init(.color, 1, step: 2)),
    (.init(.color, 0.8, step: 8), .init(.solarize, 0.8, step: 7)),
    (.init(.sharpness, 0.4, step: 7), .init(.invert, 0.6)),
    (.init(.shearX, 0.6, step: 5), .init(.equalize, 1)),
    (.init(.color, 0.4, step: 0), .init(.equalize, 0.6)),
    (.init(.equalize, 0.4), .init(.solarize, 0.2, step: 4)),
    (.init(.solarize, 0.6, step: 5), .init(.autocontrast, 0.6)),
    (.init(.invert, 0.6), .init(.equalize, 1)),
    (.init(.color, 0.6, step: 4), .init(.contrast, 1, step: 8)),
    (.init(.equalize, 0.8), .init(.equalize, 0.6)),
  ]

  private static let cifar10Pairs: [(Part, Part)] = [
    (.init(.invert, 0.1), .init(.contrast, 0.2, step: 6)),
    (.init(.rotate, 0.7, step: 2), .init(.translateX, 0.3, step: 9)),
    (.init(.sharpness, 0.8, step: 1), .init(.sharpness, 0.9, step: 3)),
    (.init(.shearY, 0.5, step: 8), .init(.translateY, 0.7, step: 9)),
    (.init(.autocontrast, 0.5), .init(.equalize, 0.9)),
    (.init(.shearY, 0.2, step: 7), .init(.posterize, 0.3, step: 7)),
    (.init(.color, 0.4, step: 3), .init(.brightness, 0.6, step: 7)),
    (.init(.sharpness, 0.3, step: 9), .init(.brightness, 0.7, step: 9)),
    (.init(.equalize, 0.6), .init(.equalize, 0.5)),
    (.init(.contrast, 0.6, step: 7), .init(.sharpness, 0.6, step: 5)),
    (.init(.color, 0.7, step: 7), .init(.translateX, 0.5, step: 8)),
    (.init(.equalize, 0.3), .init(.autocontrast, 0.4)),
    (.init(.translateY, 0.4, step: 3), .init(.sharpness, 0.2, step: 6)),
    (.init(.brightness, 0.9, step: 6), .init(.color, 0.2, step: 8)),
    (.init(.solarize, 0.5, step: 2), .init(.invert, 0)),
    (.init(.equalize, 0.2), .init(.autocontrast, 0.6)),
    (.init(.equalize, 0.2), .init(.equalize, 0.6)),
    (.init(.color, 0.9, step: 9), .init(.equalize, 0.6)),
    (.init(.autocontrast, 0.8), .init(.solarize, 0.2, step: 8)),
    (.init(.brightness, 0.1, step: 3), .init(.color, 0.7, step: 0)),
    (.init(.solarize, 0.4, step: 5), .init(.autocontrast, 0.9)),
    (.init(.translateY, 0.9, step: 9), .init(.translateY, 0.7, step: 9)),
    (.init(.autocontrast, 0.9), .init(.solarize, 0.8, step: 3)),
    (.init(.equalize, 0.8), .init(.invert, 0.1)),
    (.init(.translateY, 0.7, step: 9), .init(.autocontrast, 0.9)),
  ]

  private static let svhnPairs: [(Part, Part)] = [
    (.init(.shearX, 0.9, step: 4), .init(.invert, 0.2)),
    (.init(.shearY, 0.9, step: 8), .init(.invert, 0.7)),
    (.init(.equalize, 0.6), .init(.solarize, 0.6, step: 6)),
    (.init(.invert, 0.9), .init(.equalize, 0.6)),
    (.init(.equalize, 0.6), .init(.rotate, 0.9, step: 3)),
    (.init(.shearX, 0.9, step: 4), .init(.autocontrast, 0.8)),
    (.init(.shearY, 0.9, step: 8), .init(.invert, 0.4)),
    (.init(.shearY, 0.9, step: 5), .init(.solarize, 0.2, step: 6)),
    (.init(.invert, 0.9), .init(.autocontrast, 0.8)),
    (.init(.equalize, 0.6), .init(.rotate, 0.9, step: 3)),
    (.init(.shearX, 0.9, step: 4), .init(.solarize, 0.3, step: 3)),
    (.init(.shearY, 0.8, step: 8), .init(.invert, 0.7)),
    (.init(.equalize, 0.9), .init(.translateY, 0.6, step: 6)),
    (.init(.invert, 0.9), .init(.equalize, 0.6)),
    (.init(.contrast, 0.3, step: 3), .init(.rotate, 0.8, step: 4)),
    (.init(.invert, 0.8), .init(.translateY, 0, step: 2)),
    (.init(.shearY, 0.7, step: 6), .init(.solarize, 0.4, step: 8)),
    (.init(.invert, 0.6), .init(.rotate, 0.8, step: 4)),
    (.init(.shearY, 0.3, step: 7), .init(.translateX, 0.9, step: 3)),
    (.init(.shearX, 0.1, step: 6), .init(.invert, 0.6)),
    (.init(.solarize, 0.7, step: 2), .init(.translateY, 0.6, step: 7)),
    (.init(.shearY, 0.8, step: 4), .init(.invert, 0.8)),
    (.init(.shearX, 0.7, step: 9), .init(.translateY, 0.8, step: 3)),
    (.init(.shearY, 0.8, step: 5), .init(.autocontrast, 0.7)),
    (.init(.shearX, 0.7, step: 2), .init(.invert, 0.1)),
  ]
}

extension AugmentationPolicy: WordArgument {}
