package import TesseraCore

/// What a directory holds, by its `config.json`.
public enum ModelConfig: Sendable {
  /// A whole vision-language model.
  case llava(LlavaConfig)
  /// A vision tower: alone, or as half of a CLIP or SigLIP.
  case vision(VisionConfig)
  /// A decoder alone.
  case language(TextConfig)

  static let types = [
    "llava", "tessera_llava", "clip", "clip_vision_model", "siglip", "siglip_vision_model", "llama", "qwen2",
    "mistral",
  ]

  /// Reads a `config.json`.
  ///
  /// - Parameter file: what errors call it.
  /// - Throws: `corrupt`, `truncated`, `invalidArgument` with the key, what was found and what is expected.
  public init(json: [UInt8], file: String) throws {
    try self.init(Self.value(json, file), file: file)
  }

  /// A file as JSON.
  static func value(_ json: [UInt8], _ file: String) throws -> JSONValue {
    do { return try JSONReader.read(json) } catch let error as TesseraError { throw error.with(path: file) }
  }

  package init(_ value: JSONValue, file: String) throws {
    try self.init(parsing: value, file: file)
    // What is not read must not change what is computed either.
    _ = try Self.remarks(value, file: file)
  }

  private init(parsing value: JSONValue, file: String) throws {
    let reader = try ConfigReader(value, file: file)
    switch try reader.string("model_type") {
    case "llava"?: self = .llava(try LlavaConfig(value, reader, isOurs: false))
    case "tessera_llava"?: self = .llava(try LlavaConfig(value, reader, isOurs: true))
    case "clip"?: self = .vision(try Self.half(value, reader, .clip))
    case "siglip"?: self = .vision(try Self.half(value, reader, .siglip))
    case "clip_vision_model"?: self = .vision(try VisionConfig(reader, kind: .clip))
    case "siglip_vision_model"?: self = .vision(try VisionConfig(reader, kind: .siglip))
    case let other?:
      guard let kind = TextConfig.Kind(rawValue: other) else {
        throw reader.wrong("model_type", Self.types.joined(separator: ", "), .string(other))
      }
      self = .language(try TextConfig(reader, kind: kind))
    case nil: throw reader.wrong("model_type", Self.types.joined(separator: ", "), nil)
    }
  }

  /// The vision half of a model with two. Old CLIP configs say it again in `vision_config_dict`, which counts.
  private static func half(
    _ value: JSONValue, _ reader: ConfigReader, _ kind: VisionConfig.Kind
  ) throws -> VisionConfig {
    try reader.refuseQuantized()
    var merged = value["vision_config"].flatMap { $0.isNull ? nil : $0 } ?? .object([])
    if case .object(let members)? = value["vision_config_dict"], case .object = merged {
      for (name, member) in members { merged = merged.with(name, member) }
    }
    return try VisionConfig(
      ConfigReader(merged, file: reader.file, prefix: "vision_config."), kind: kind)
  }

  /// What it is, in a word.
  public var kindName: String {
    switch self {
    case .llava: "vision-language model"
    case .vision(let config): config.kind == .clip ? "CLIP vision tower" : "SigLIP vision tower"
    case .language(let config): "\(config.kind.rawValue) decoder"
    }
  }
}
