internal import TesseraCore

/// Bytes that a stage needs besides what its steps compute.
struct TrainingMemory {
  /// Frozen weights that stay in their files, mapped: the system reads their pages and can drop them again.
  private(set) var mapped = 0
  /// Frozen weights with memory of their own.
  private(set) var copied = 0
  /// What is trained, with a gradient each and the moments that this rank keeps.
  let trained: Int
  /// Ranks that share the moments.
  private let shares: Int
  /// Why weights are copied, where they might have been mapped: `stored as float16, computed in bfloat16`.
  private let conversion: String?

  /// - Parameters:
  ///   - base: the directory that frozen weights are mapped from; nil where all have memory of their own.
  ///   - shares: ranks that share the moments; 1 where each has all.
  init(_ parameters: [NamedParameter], _ model: LlavaModel, base: Checkpoint?, shares: Int = 1) {
    self.shares = shares
    let own = Set(parameters.map(\.name))
    for (spec, tensor) in model.parameters.all where !own.contains(spec.name) {
      let bytes = spec.count * tensor.type.byteCount
      if let stored = base?[spec.name]?.dataType, stored == tensor.type.dataType {
        mapped += bytes
      } else {
        copied += bytes
      }
    }
    conversion = base.map {
      "stored as \($0.mainType.rawValue), computed in \(model.type.rawValue)"
    }
    let bytes = parameters.reduce(0) { $0 + $1.tensor.count * $1.tensor.type.byteCount }
    trained = 2 * bytes + 2 * bytes / shares
  }
}

extension TrainingMemory: CustomStringConvertible {
  /// `14.1 GB of frozen weights stay in their files, mapped; 0.5 GB for what is trained, …`.
  var description: String {
    var parts: [String] = []
    if mapped > 0 { parts.append("\(Self.words(mapped)) of frozen weights stay in their files, mapped") }
    if copied > 0 {
      let why = conversion.map { " (\($0))" } ?? ""
      parts.append("\(Self.words(copied)) of frozen weights are copied\(why)")
    }
    let moments = shares > 1 ? "1/\(shares) of its moments" : "moments"
    parts.append("\(Self.words(trained)) for what is trained, its gradients and \(moments)")
    return parts.joined(separator: "; ")
  }

  static func words(_ bytes: Int) -> String {
    bytes < 1_000_000_000
      ? "\((Double(bytes) / 100_000).rounded() / 10) MB"
      : "\((Double(bytes) / 100_000_000).rounded() / 10) GB"
  }
}
