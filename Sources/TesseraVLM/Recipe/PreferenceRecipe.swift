internal import TesseraCore

/// What a stage of DPO has besides what every stage has.
public struct PreferenceRecipe: Sendable {
  public var loss: PreferenceLoss

  init(_ node: RecipeNode) throws {
    loss = PreferenceLoss()
    loss.kind = try node.word("loss", PreferenceLoss.Kind.dpo)
    loss.beta = try node.number("beta", loss.kind == .simpo ? 2 : 0.1)
    switch loss.kind {
    case .dpo: loss.labelSmoothing = try node.number("label_smoothing", 0)
    case .simpo: loss.margin = try node.number("margin", 0.5)
    case .ipo: break
    }
    guard loss.beta > 0, loss.beta.isFinite else { throw node.wrong("beta", "above 0", "\(loss.beta)") }
    guard (0..<0.5).contains(loss.labelSmoothing) else {
      throw node.wrong("label_smoothing", "0 or more, below 0.5", "\(loss.labelSmoothing)")
    }
    guard loss.margin >= 0, loss.margin.isFinite else {
      throw node.wrong("margin", "0 or more", "\(loss.margin)")
    }
  }
}
