/// How an adapter's files name modules: as the transformers that it was trained with names them in memory.
///
/// We write 4.57's names: PEFT under 4.57 and under 5.x load them (5.x renames the tower's on its way in). What 5.x
/// writes for the tower loads in 4.57 with a warning and without effect.
enum AdapterLayout {
  /// The layouts that occur, the one that is written first; up to 4.51 names in memory were those of the files.
  static let candidates: [CheckpointLayout] = [.llavaMemory4, .llavaMemory5, .llava4, .llava5]
  /// What PEFT's wrapper puts before every name.
  static let wrapper = "base_model.model."
}

extension CheckpointLayout {
  /// The name of one of our parameters here, or of what an adapter adds to it: `canonical` backwards.
  func name(of ours: String) -> String {
    // The head's rule names its weight, the others what names begin with.
    func module(_ name: String) -> String { name.hasSuffix(".weight") ? String(name.dropLast(6)) : name }
    guard let rule = prefixes.first(where: { ours.hasPrefix(module($0.to)) }) else { return ours }
    return module(rule.from) + ours.dropFirst(module(rule.to).count)
  }
}
