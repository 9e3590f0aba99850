internal import TesseraCore
internal import TesseraTransforms

/// A stage's `lora`: a low-rank adapter is trained, the model's own weights stay as they are.
///
/// The defaults are those of LLaVA-1.5's recipe (`finetune_lora.sh`: rank 128, alpha 256, learning rate 2e-4, every
/// linear layer of the decoder), without its dropout of 0.05: an adapter is trained without.
public struct LoRARecipe: Sendable, Hashable {
  /// What the frozen weights are computed in.
  public enum BaseType: String, Sendable, Hashable, CaseIterable {
    /// float32 for up to a billion parameters, else bfloat16.
    case auto
    case float32, bfloat16
  }

  /// PEFT's `bias`: which biases learn besides.
  private enum Bias: String, CaseIterable { case none }

  /// r: rows of A and columns of B.
  public var rank = 128
  /// α: what is learned is scaled by α/r.
  public var alpha = 256.0
  /// Whether it is scaled by α/√r instead.
  public var usesRootScaling = false
  /// The last names of the layers (`q_proj`); empty for every linear layer of the parts.
  public var targets: [String] = []
  /// The parts whose layers get an adapter: `vision`, `projector`, `decoder`.
  public var parts: [String] = ["decoder"]
  public var baseType = BaseType.auto
  /// Whether the stage writes the whole model with the adapter worked in, `model/`, beside `adapter/`.
  public var merges = true

  static let allLinear = "all-linear"
  private static let partNames: [(name: String, part: ParameterSpec.Part)] = [
    ("vision", .vision), ("projector", .projector), ("decoder", .language),
  ]

  init(_ node: RecipeNode) throws {
    rank = try node.int("rank", rank)
    alpha = try node.number("alpha", alpha)
    usesRootScaling = try node.flag("rslora", false)
    targets = try node.texts("targets", [Self.allLinear])
    parts = try node.texts("parts", parts)
    _ = try node.word("bias", Bias.none)
    baseType = try node.word("base_type", .auto)
    merges = try node.flag("merge", true)
    guard (1...1 << 20).contains(rank) else { throw node.wrong("rank", "1 to 1048576", "\(rank)") }
    guard alpha > 0, alpha.isFinite else { throw node.wrong("alpha", "a number above 0", "\(alpha)") }
    let known = Self.partNames.map(\.name)
    if let other = parts.first(where: { !known.contains($0) }) {
      throw node.wrong(
        "parts", "some of \(known.joined(separator: ", "))",
        "'\(other)'\(Suggestion.near(other, among: known))")
    }
    guard !parts.isEmpty else { throw node.wrong("parts", "a part or more", "none") }
    if targets.contains(Self.allLinear) {
      guard targets.count == 1 else {
        throw node.wrong("targets", "\(Self.allLinear) or a list of names", "both")
      }
      targets = []
    } else if targets.isEmpty {
      throw node.wrong("targets", "\(Self.allLinear) or a list of names", "an empty list")
    }
  }

  /// Beside an adapter only the projector is trained: what the adapter is for stays frozen.
  ///
  /// - Parameter node: where the plan was read.
  func check(_ plan: ParameterPlan, _ node: RecipeNode) throws {
    for (key, part) in [("vision", plan.vision), ("decoder", plan.decoder)] where part.isTrained {
      throw node.wrong(key, "false in a stage with `lora` (lora.parts: [\(key)] adapts it)", "true")
    }
    if plan.projector.isTrained && parts.contains("projector") {
      throw node.wrong("projector", "false where lora.parts has it: it is trained or adapted", "both")
    }
  }

  /// Which parts of a model get an adapter.
  var chosenParts: Set<ParameterSpec.Part> {
    Set(Self.partNames.filter { parts.contains($0.name) }.map(\.part))
  }
}
