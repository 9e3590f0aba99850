extension TransformRegistry {
  /// The transforms of this folder, in the order in which help lists them.
  static let colour: [any Transform.Type] = [
    ConvertToRGB.self, Grayscale.self, RandomGrayscale.self, ColorJitter.self, RandomPhotometricDistort.self,
    RandomChannelPermutation.self, RandomInvert.self, RandomPosterize.self, RandomSolarize.self,
    RandomAdjustSharpness.self, RandomAutocontrast.self, RandomEqualize.self, GaussianBlur.self, JPEG.self,
    AdjustBrightness.self, AdjustContrast.self, AdjustSaturation.self, AdjustHue.self, AdjustSharpness.self,
    PermuteChannels.self, Invert.self, Posterize.self, Solarize.self, Autocontrast.self, Equalize.self,
    GaussianBlurFixed.self, JPEGCompress.self,
  ]
}
