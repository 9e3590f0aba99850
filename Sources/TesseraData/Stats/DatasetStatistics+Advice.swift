internal import TesseraCodecs

extension DatasetStatistics {
  /// What follows from the numbers for whoever trains on the data: few sentences, each about something that is
  /// there.
  public var advice: [String] {
    pixelAdvice + loaderAdvice + copyAdvice + balanceAdvice
  }

  private var pixelAdvice: [String] {
    guard let main = pixels.first, let step = main.normalize else { return [] }
    return ["behind to_tensor: \(step)"]
  }

  /// Where loaders differ, or lose time.
  private var loaderAdvice: [String] {
    func line(_ feature: PictureFeature, _ one: String, _ many: String, _ rest: String) -> String? {
      let count = count(of: feature)
      return count == 0 ? nil : "\(count) \(count == 1 ? "picture \(one)" : "pictures \(many)")\(rest)"
    }
    let policy = settings.policy
    let turned =
      policy.orientation == .apply
      ? ": Tessera applies it, Pillow's convert and torchvision's ImageFolder do not"
      : ": ignored here, so these may lie on their sides"
    let deep =
      policy.sixteenBit == .clip
      ? ": gray is clipped at 255 here, as by Pillow's convert; --16-bit scale keeps its range"
      : ": not clipped at 255 here, as gray is by Pillow's convert"
    let inks =
      policy.icc == .ignore ? "Pillow's formula; --icc srgb uses a profile where there is one" : "the profile"
    let transparent =
      policy.alpha == .drop
      ? line(
        .alpha, "is transparent", "are transparent",
        ": the alpha is dropped and hidden colours show; --alpha '#ffffff' lays them on white") : nil
    return [
      line(.orientation, "carries an orientation", "carry an orientation", turned),
      line(.cmyk, "is CMYK", "are CMYK", ": converted by " + inks),
      line(.sixteenBit, "has 16 bits", "have 16 bits", deep),
      transparent,
      line(.animated, "is animated", "are animated", ": the first frame is used"),
      line(
        .wrongExtension, "has", "have",
        " a name that claims another format: Tessera goes by the bytes, others may not"),
      line(
        .progressiveJPEG, "is a progressive JPEG", "are progressive JPEGs",
        ", slow to decode: `tessera pack --lossless-baseline` rewrites them without loss"),
    ].compactMap { $0 }
  }

  private var copyAdvice: [String] {
    var lines: [String] = []
    for (copies, what) in [(duplicates, "bytes"), (pixelDuplicates, "pixels")] {
      guard let copies, copies.redundant > 0 else { continue }
      let number = copies.redundant
      lines.append(
        "\(number) \(number == 1 ? "picture repeats" : "pictures repeat") another's \(what): a random split "
          + "can put copies on both sides")
      if copies.conflicting > 0 {
        lines.append(
          "\(copies.conflicting) \(copies.conflicting == 1 ? "group" : "groups") of pictures with equal \(what) "
            + "stand in different classes: a label is wrong")
      }
    }
    return lines
  }

  private var balanceAdvice: [String] {
    guard let classes, classes.imbalance >= 10 else { return [] }
    let ratio = Int(classes.imbalance.rounded())
    return ["the largest class has \(ratio) times the smallest's pictures: consider a weighted sampler"]
  }
}
