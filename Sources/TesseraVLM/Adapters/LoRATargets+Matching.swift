internal import TesseraCore

extension LoRATargets {
  /// Whether a module is chosen: by its name in the adapter's layout, and what it is, nil for no linear layer.
  typealias Matcher = (_ name: String, _ module: LinearModule?) -> Bool

  /// - Throws: `invalidArgument` for a wrong expression.
  func matcher(_ model: LlavaConfig) throws -> Matcher {
    let isChosen = try Self.matcher(choice, model, setting: "target_modules")
    let isExcluded = try excluded.map { try Self.matcher($0, model, setting: "exclude_modules") }
    return { name, module in
      guard isChosen(name, module), !(isExcluded?(name, module) ?? false) else { return false }
      // PEFT looks at the layers' numbers for lists alone, and there not where a name is the whole one.
      guard layers != nil, case .names(let names) = choice, !names.contains(name) else { return true }
      return isOfLayers(name)
    }
  }

  private static func matcher(_ choice: Choice, _ model: LlavaConfig, setting: String) throws -> Matcher {
    switch choice {
    case .names(let names):
      return { name, _ in names.contains { name == $0 || name.hasSuffix(".\($0)") } }
    case .pattern(let text):
      let pattern = try NamePattern(text, setting: setting)
      return { name, _ in pattern.matches(name) }
    case .allLinear: return { _, module in module.map { $0.part != .head } ?? false }
    case .parts(let parts, let named):
      return { _, module in
        guard let module, parts.contains(module.part) else { return false }
        if let named, !named.contains(module.lastName) { return false }
        return module.part != .vision || module.visionLayer.map { $0 < model.usedVisionLayers } ?? false
      }
    }
  }

  /// Whether the first number in a name, after one of `layerNames`, is one of `layers`.
  private func isOfLayers(_ name: String) -> Bool {
    let words = name.split(separator: ".")
    for (before, word) in zip(words, words.dropFirst().dropLast()) {
      guard let number = Int(word), layerNames.isEmpty || layerNames.contains(String(before)) else {
        continue
      }
      return layers?.contains(number) ?? true
    }
    return false
  }

  /// What an error calls them.
  var words: String {
    switch choice {
    case .parts(let parts, let named):
      "the linear layers of " + parts.map(\.rawValue).sorted().joined(separator: ", ")
        + (named.map { " called \($0.joined(separator: ", "))" } ?? "")
    case .names(let names): "'\(names.joined(separator: "', '"))'"
    case .pattern(let text): "'\(text)'"
    case .allLinear: "all-linear"
    }
  }
}

extension LinearModule {
  /// Which of the vision tower's layers it belongs to; nil for the tower's head and other parts.
  var visionLayer: Int? {
    let prefix = "\(ExpectedParameters.vision)encoder.layers."
    guard name.hasPrefix(prefix) else { return nil }
    return Int(name.dropFirst(prefix.count).prefix { $0 != "." })
  }
}

// MARK: what PEFT is told

extension LoRATargets {
  /// An expression for exactly these modules that holds under the names of 4.57 and of 5.x, and of older ones.
  ///
  /// Names of parts are enough for it: `.*language_model\..*layers\.\d+\.(self_attn|mlp)\.(q_proj|…)`.
  static func expression(_ modules: [LinearModule]) -> String {
    let parts = ParameterSpec.Part.allCases.reversed().compactMap { part -> String? in
      let found = modules.filter { $0.part == part }
      return found.isEmpty ? nil : expression(part, found)
    }
    return parts.count == 1 ? parts[0] : "(" + parts.joined(separator: "|") + ")"
  }

  private static func expression(_ part: ParameterSpec.Part, _ modules: [LinearModule]) -> String {
    func alternatives(_ words: [String]) -> String { "(" + words.joined(separator: "|") + ")" }
    var names: [String] = []
    for name in modules.map(\.lastName) where !names.contains(name) { names.append(name) }
    switch part {
    case .head: return #"(.*\.)?lm_head"#
    case .projector: return #".*multi_modal_projector\."# + alternatives(names)
    case .language: return #".*language_model\..*layers\.\d+\.(self_attn|mlp)\."# + alternatives(names)
    case .vision:
      let layers = Set(modules.compactMap(\.visionLayer)).sorted().map(String.init)
      return #".*vision_tower\..*encoder\.layers\."# + alternatives(layers) + #"\.(self_attn|mlp)\."#
        + alternatives(names)
    }
  }

  /// An expression that spells every module out, under both transformers' names.
  static func spelledOut(_ modules: [LinearModule]) -> String {
    let names = modules.map { module in
      let name = AdapterLayout.candidates[0].name(of: module.weight.name).dropLast(".weight".count)
      return name.replacing(".", with: #"\."#)
        .replacing(#"vision_tower\.vision_model\."#, with: #"vision_tower\.(vision_model\.)?"#)
    }
    return "(" + names.joined(separator: "|") + ")"
  }
}
