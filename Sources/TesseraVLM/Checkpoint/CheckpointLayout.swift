/// How a directory names its parameters.
public enum CheckpointLayout: String, Sendable, Hashable, CaseIterable {
  /// LLaVA in files of transformers up to 4.57: the names used here.
  case llava4 = "LLaVA, transformers 4.57"
  /// LLaVA in files of 5.x: no `vision_model.` in the tower.
  case llava5 = "LLaVA, transformers 5"
  /// LLaVA as 4.52 and later name it in memory (`state_dict()`).
  case llavaMemory4 = "LLaVA in memory, transformers 4.52–4.57"
  case llavaMemory5 = "LLaVA in memory, transformers 5"
  /// CLIP or SigLIP, whole or its vision half.
  case vision4 = "vision tower"
  /// The vision half in files of 5.x, without a prefix.
  case vision5 = "vision tower, transformers 5"
  /// A decoder with its head.
  case language = "decoder"
  /// A decoder saved without its head (`LlamaModel`).
  case languageBase = "decoder without head"

  /// What a name starts with here, and what our name starts with.
  var prefixes: [(from: String, to: String)] {
    let (vision, language) = (ExpectedParameters.vision, ExpectedParameters.language)
    let (projector, head) = (ExpectedParameters.projector, ExpectedParameters.head)
    switch self {
    case .llava4: return [(vision, vision), (projector, projector), (language, language), (head, head)]
    case .llava5:
      return [("vision_tower.", vision), (projector, projector), (language, language), (head, head)]
    case .llavaMemory4, .llavaMemory5:
      let tower = self == .llavaMemory4 ? "model.vision_tower.vision_model." : "model.vision_tower."
      return [
        (tower, vision), ("model.multi_modal_projector.", projector), ("model.language_model.", language),
        ("lm_head.weight", head),
      ]
    case .vision4: return [("vision_model.", vision)]
    case .vision5:
      let names = ["embeddings.", "encoder.", "pre_layrnorm.", "post_layernorm.", "head."]
      return names.map { ($0, vision + $0) }
    case .language: return [("model.", language), ("lm_head.weight", head)]
    case .languageBase:
      return ["embed_tokens.", "layers.", "norm."].map { ($0, language + $0) }
    }
  }

  /// Names that are passed over, and why.
  public var ignored: [(pattern: String, reason: String)] {
    let positions = ("*.position_ids", "numbers from 0 on, computed anew")
    let frequencies = ("*.rotary_emb.inv_freq", "computed from rope_theta")
    switch self {
    case .llava4, .llava5, .llavaMemory4, .llavaMemory5:
      return [positions, frequencies, ("score.weight", "the head of a reward model")]
    case .vision4, .vision5:
      let half = "the text half of CLIP or SigLIP"
      return [
        positions, ("text_model.*", half), ("text_projection.*", half),
        ("visual_projection.*", "goes to CLIP's common space"), ("logit_scale", half), ("logit_bias", half),
      ]
    case .language, .languageBase:
      return [frequencies, ("score.weight", "the head of a reward model")]
    }
  }

  /// Our name for a name in a file; nil for one that does not belong to the layout.
  func canonical(_ name: String) -> String? {
    guard let rule = prefixes.first(where: { name.hasPrefix($0.from) }) else { return nil }
    return rule.to + name.dropFirst(rule.from.count)
  }

  /// Why a name is passed over; nil if it is not.
  func reasonToIgnore(_ name: String) -> String? {
    ignored.first { rule in
      if rule.pattern.hasPrefix("*") { return name.hasSuffix(rule.pattern.dropFirst()) }
      if rule.pattern.hasSuffix("*") { return name.hasPrefix(rule.pattern.dropLast()) }
      return name == rule.pattern
    }?.reason
  }

  /// The layouts that a directory of a kind may have, the likeliest first.
  static func candidates(_ config: ModelConfig) -> [CheckpointLayout] {
    switch config {
    case .llava: [.llava4, .llava5, .llavaMemory4, .llavaMemory5]
    case .vision: [.vision4, .vision5]
    case .language: [.language, .languageBase]
    }
  }
}
