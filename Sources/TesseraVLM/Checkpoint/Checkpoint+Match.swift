private import Foundation
internal import TesseraCore
internal import TesseraData

extension Checkpoint {
  /// Finds out how a directory names its parameters, and which is which.
  struct Match {
    let config: ModelConfig
    let layout: CheckpointLayout
    /// The tensors by our names.
    private(set) var found: [String: StoredWeight] = [:]
    private(set) var ignored: [Ignored] = []
    /// Names in the files that are not of the layout, or say the same as another.
    private var strange: [String] = []

    init(_ config: ModelConfig, _ weights: WeightsDirectory) {
      self.config = config
      let wanted = Set(config.parameters.map(\.name))
      let candidates = CheckpointLayout.candidates(config)
      // The layout under which most names are those that the config asks for; the first of equals.
      let scores = candidates.map { layout in
        weights.weights.count { layout.canonical($0.name).map(wanted.contains) ?? false }
      }
      let best = scores.max() ?? 0
      layout = zip(candidates, scores).first { $0.1 == best }?.0 ?? candidates[0]
      for weight in weights.weights {
        if let reason = layout.reasonToIgnore(weight.name) {
          ignored.append(Ignored(name: weight.name, reason: reason))
        } else if let name = layout.canonical(weight.name), found[name] == nil {
          found[name] = weight
        } else {
          strange.append(weight.name)
        }
      }
    }

    /// Decides whether the head is the embedding.
    ///
    /// Where the levels of a config contradict each other (4.57 reads the inner one, 5.x either), the presence of the
    /// head decides; where both say "tied" and the files have a head all the same, it counts unless it is the
    /// embedding byte for byte.
    mutating func settleTie() throws -> (ModelConfig, [String]) {
      guard let isTied = config.isTied else { return (config, []) }
      let head = found[ExpectedParameters.head]
      var contradicts = false
      if case .llava(let llava) = config { contradicts = llava.contradictsTie }
      guard let head else {
        let notes =
          contradicts ? ["tie_word_embeddings differs inside the config; no lm_head.weight: tied"] : []
        return (config.tied(isTied), notes)
      }
      guard isTied else { return (config, []) }
      if contradicts {
        return (
          config.tied(false),
          ["tie_word_embeddings differs inside the config; lm_head.weight is there: not tied"]
        )
      }
      guard let embedding = found[ExpectedParameters.embedding], try Self.isEqual(head, embedding) else {
        return (
          config.tied(false),
          ["tie_word_embeddings is true, but lm_head.weight is there and is not the embedding: not tied"]
        )
      }
      found[ExpectedParameters.head] = nil
      ignored.append(Ignored(name: head.name, reason: "the embedding once more (tied)"))
      return (config, [])
    }

    private static func isEqual(_ a: StoredWeight, _ b: StoredWeight) throws -> Bool {
      guard a.shape == b.shape, a.type == b.type else { return false }
      return try a.withBytes { a in
        try b.withBytes { b in
          a.count == b.count && (a.isEmpty || memcmp(a.baseAddress!, b.baseAddress!, a.count) == 0)
        }
      }
    }

    /// What is missing, unexpected, or not as expected.
    func report(_ expected: [ParameterSpec]) -> KeyReport {
      var report = KeyReport()
      for spec in expected {
        guard let weight = found[spec.name] else {
          report.missing.append(spec.name)
          continue
        }
        if weight.shape != spec.shape {
          report.mismatched.append(
            .init(name: weight.name, expected: "\(spec.shape)", found: "\(weight.shape)"))
        } else if weight.dataType == nil {
          report.mismatched.append(
            .init(name: weight.name, expected: "F32, F16 or BF16", found: weight.type.rawValue))
        }
      }
      let wanted = Set(expected.map(\.name))
      report.unexpected = (strange + found.filter { !wanted.contains($0.key) }.map(\.value.name)).sorted()
      return report
    }
  }
}
