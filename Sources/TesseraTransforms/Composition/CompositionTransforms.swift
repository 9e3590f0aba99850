extension TransformRegistry {
  /// The transforms of this folder, in the order in which help lists them.
  static let composition: [any Transform.Type] = [
    RandomApply.self, RandomChoice.self, RandomOrder.self, RandAugment.self, TrivialAugmentWide.self,
    AutoAugment.self, AugMix.self, Mix.self,
  ]
}
