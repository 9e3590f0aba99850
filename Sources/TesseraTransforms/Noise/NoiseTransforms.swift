extension TransformRegistry {
  /// The transforms of this folder, in the order in which help lists them.
  static let noise: [any Transform.Type] = [
    GaussianNoise.self, SaltAndPepperNoise.self, ShotNoise.self, SpeckleNoise.self, UniformNoise.self,
    AddGaussianNoise.self, AddSaltAndPepperNoise.self, AddShotNoise.self, AddSpeckleNoise.self,
    AddUniformNoise.self,
  ]
}
