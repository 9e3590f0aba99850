package import TesseraCore
internal import TesseraData

/// A directory of a model: its config, and for every parameter the tensor in its files.
///
/// Opening reads `config.json` and the files' headers. Weights are mapped: their pages are read when they are touched,
/// once, and need no memory that the system cannot take back.
public struct Checkpoint: Sendable {
  /// A parameter of the model and the tensor that fills it.
  public struct Parameter: Sendable {
    public let spec: ParameterSpec
    public let weight: StoredWeight
  }

  /// A tensor that is passed over.
  public struct Ignored: Sendable, Hashable {
    public let name: String
    public let reason: String
  }

  public let path: String
  /// What the directory holds; whether the head is tied is what the weights say.
  public let config: ModelConfig
  public let layout: CheckpointLayout
  /// Everything in the files, those that are passed over too (a reward model's `score.weight`).
  public let files: WeightsDirectory
  /// All parameters in the model's order.
  public let parameters: [Parameter]
  /// What the files have besides: to be printed.
  public let ignored: [Ignored]
  /// What of the config is not heeded, and what was decided where the directory contradicts itself: to be printed.
  public let notes: [String]
  /// All that `config.json` says.
  package let configValue: JSONValue
  private let places: [String: Int]

  /// Opens a directory.
  ///
  /// - Throws: what `ModelConfig` and `WeightsDirectory` throw; `invalidInput` with the lists of parameters that are
  ///   missing, unexpected or of another shape.
  public init(_ path: String) throws {
    let (config, value, remarks) = try ModelConfig.read(path)
    self.path = path
    configValue = value
    files = try WeightsDirectory(path)
    var match = Match(config, files)
    let (settled, decided) = try match.settleTie()
    (self.config, notes) = (settled, remarks + decided)
    layout = match.layout
    let expected = settled.parameters
    var report = match.report(expected)
    report.remarks = remarks
    guard report.isEmpty else { throw report.error(path: path, expected: expected.count, layout: layout) }
    ignored = match.ignored
    let found = match.found
    parameters = expected.compactMap { spec in found[spec.name].map { Parameter(spec: spec, weight: $0) } }
    places = Dictionary(expected.enumerated().map { ($1.name, $0) }) { first, _ in first }
  }

  /// The tensor that fills a parameter, by the parameter's name.
  ///
  /// - Complexity: O(1).
  public subscript(name: String) -> StoredWeight? { places[name].map { parameters[$0].weight } }

  /// What differs between a config's parameters and a directory's, without an error.
  public static func compare(_ path: String) throws -> KeyReport {
    let (config, _, remarks) = try ModelConfig.read(path)
    var match = Match(config, try WeightsDirectory(path))
    var report = match.report(try match.settleTie().0.parameters)
    report.remarks = remarks
    return report
  }
}

extension ModelConfig {
  /// The parameters of what the directory holds, in order.
  public var parameters: [ParameterSpec] {
    switch self {
    case .llava(let config): ExpectedParameters.llava(config)
    case .vision(let config): ExpectedParameters.vision(config)
    case .language(let config): ExpectedParameters.language(config)
    }
  }

  /// Whether the decoder's head is the embedding; nil where there is no decoder.
  var isTied: Bool? {
    switch self {
    case .llava(let config): config.text.isTied
    case .language(let config): config.isTied
    case .vision: nil
    }
  }

  func tied(_ isTied: Bool) -> ModelConfig {
    switch self {
    case .llava(var config):
      config.text.isTied = isTied
      config.contradictsTie = false
      return .llava(config)
    case .language(var config):
      config.isTied = isTied
      return .language(config)
    case .vision: return self
    }
  }
}
