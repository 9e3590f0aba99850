import TesseraCore
internal import Yams

/// Reads a `preprocessor_config.json`, key by key; what it does not know, it refuses by name.
struct HuggingFaceReader {
  /// Keys that change no pixel of one picture.
  private static let harmless: Set<String> = [
    "image_processor_type", "feature_extractor_type", "processor_class", "auto_map", "_valid_processor_keys",
    "return_tensors", "input_data_format", "device", "disable_grouping", "image_seq_length",
    "transformers_version", "_processor_class", "num_additional_image_tokens", "patch_size",
    "vision_feature_select_strategy", "model_input_names",
  ]

  /// The configuration in `json`, and where each of its keys stands.
  static func read(_ json: String) throws -> (HuggingFaceConfiguration, places: [String: SourceLocation]) {
    let root: Node?
    if let excess = YAMLAliases.excess(in: json) {
      throw PipelineFault(message: excess.message, location: excess.location)
    }
    do { root = try Yams.compose(yaml: json) } catch {
      throw PipelineFault(message: "not JSON: \(error)", location: SourceLocation(line: 1, column: 1))
    }
    guard let root, case .mapping(var mapping) = root else {
      throw PipelineFault(message: "expected a JSON object", location: SourceLocation(line: 1, column: 1))
    }
    // processor_config.json nests the image processor's settings.
    if let (_, nested) = mapping.first(where: { $0.key.string == "image_processor" }),
      case .mapping(let inner) = nested
    {
      mapping = inner
    }
    let processor = try processor(of: mapping, root)
    var reader = HuggingFaceReader(configuration: HuggingFaceConfiguration(processor))
    for (key, value) in mapping { try reader.take(key.string ?? "", value, at: location(key)) }
    return (reader.configuration, reader.places)
  }

  private static func processor(of mapping: Node.Mapping, _ root: Node) throws -> HuggingFaceProcessor {
    let allowed = HuggingFaceProcessor.allCases.map(\.rawValue).joined(separator: ", ")
    for key in ["image_processor_type", "feature_extractor_type"] {
      guard let node = mapping.first(where: { $0.key.string == key })?.value else { continue }
      guard let name = node.string, let processor = HuggingFaceProcessor(type: name) else {
        throw PipelineFault(
          message: "unknown \(key) '\(node.string ?? "?")'; allowed are: \(allowed) (also with Fast or Pil)",
          location: location(node))
      }
      return processor
    }
    throw PipelineFault(
      message: "the key 'image_processor_type' is missing; it must be one of: \(allowed)",
      location: location(root))
  }

  static func location(_ node: Node) -> SourceLocation {
    SourceLocation(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
  }

  private var configuration: HuggingFaceConfiguration
  private var places: [String: SourceLocation] = [:]

  private init(configuration: HuggingFaceConfiguration) { self.configuration = configuration }

  private mutating func take(_ key: String, _ value: Node, at place: SourceLocation) throws {
    places[key] = place
    if isNull(value) { return }
    let isQwen = configuration.processor == .qwen2VL
    switch key {
    case "do_convert_rgb": configuration.convertsToRGB = try bool(key, value)
    case "do_resize": configuration.resizes = try bool(key, value)
    case "do_rescale": configuration.rescales = try bool(key, value)
    case "do_normalize": configuration.normalizes = try bool(key, value)
    case "do_center_crop": configuration.crops = try bool(key, value)
    case "do_pad": configuration.pads = try padding(key, value)
    case "size": configuration.size = try target(key, value)
    case "crop_size": configuration.cropSize = try edges(key, value)
    case "resample": configuration.filter = try filter(key, value)
    case "rescale_factor": configuration.rescaleFactor = try double(key, value)
    case "image_mean": configuration.mean = try doubles(key, value)
    case "image_std": configuration.standardDeviation = try doubles(key, value)
    case "image_grid_pinpoints" where configuration.processor == .llavaNext:
      configuration.grid = try grid(key, value)
    case "patch_size" where isQwen: configuration.patchSize = try int(key, value)
    case "merge_size" where isQwen: configuration.mergeSize = try int(key, value)
    case "temporal_patch_size" where isQwen: configuration.temporalPatchSize = try int(key, value)
    case "min_pixels" where isQwen: setPixels(least: try int(key, value))
    case "max_pixels" where isQwen: setPixels(greatest: try int(key, value))
    case "data_format":
      guard value.string == "channels_first" else { throw wrong(key, "channels_first", value) }
    case "default_to_square":
      guard value.bool == false else { throw wrong(key, "false", value) }
    default:
      // An unknown switch that is off does nothing; anything else might.
      guard Self.harmless.contains(key) || value.bool == false else {
        throw PipelineFault(
          message:
            "\(configuration.processor.rawValue): the key '\(key)' is not known, and might change pixels",
          location: place)
      }
    }
  }
}

// MARK: - Values

extension HuggingFaceReader {
  private func wrong(_ key: String, _ expected: String, _ value: Node) -> PipelineFault {
    let got = value.string.map { "'\($0)'" } ?? (value.sequence != nil ? "a list" : "an object")
    return PipelineFault(message: "\(key) must be \(expected), got \(got)", location: Self.location(value))
  }

  private func isNull(_ value: Node) -> Bool {
    if case .scalar(let scalar) = value { return scalar.style == .plain && scalar.string == "null" }
    return false
  }

  private func bool(_ key: String, _ value: Node) throws -> Bool {
    guard let bool = value.bool else { throw wrong(key, "true or false", value) }
    return bool
  }

  private func int(_ key: String, _ value: Node) throws -> Int {
    guard let int = value.int, int > 0, int <= 1 << 40 else {
      throw wrong(key, "a whole number above 0", value)
    }
    return int
  }

  private func double(_ key: String, _ value: Node) throws -> Double {
    guard let text = value.scalar?.string, let double = Double(text), double.isFinite else {
      throw wrong(key, "a number", value)
    }
    return double
  }

  private func doubles(_ key: String, _ value: Node) throws -> [Double] {
    guard let sequence = value.sequence else { return [try double(key, value)] }
    return try sequence.map { try double(key, $0) }
  }

  private func padding(_ key: String, _ value: Node) throws -> Bool {
    let pads = try bool(key, value)
    if pads, configuration.processor != .llava && configuration.processor != .llavaNext {
      throw wrong(key, "false for \(configuration.processor.rawValue)", value)
    }
    return pads
  }

  private func filter(_ key: String, _ value: Node) throws -> ResampleFilter {
    guard let number = value.int, let filter = ResampleFilter(pillowNumber: number) else {
      throw wrong(key, "Pillow's number of a filter, 0 to 7", value)
    }
    return filter
  }

  private func grid(_ key: String, _ value: Node) throws -> [Size] {
    guard let rows = value.sequence, rows.count > 0 else {
      throw wrong(key, "a list of [height, width]", value)
    }
    return try rows.map { row in
      guard let pair = row.sequence, pair.count == 2 else {
        throw wrong(key, "a list of [height, width]", row)
      }
      return Size(width: try int(key, pair[1]), height: try int(key, pair[0]))
    }
  }

  /// The values of an object's keys.
  private func fields(_ key: String, _ mapping: Node.Mapping) throws -> [String: Int] {
    var fields: [String: Int] = [:]
    for (name, value) in mapping where !isNull(value) {
      fields[name.string ?? ""] = try int("\(key).\(name.string ?? "")", value)
    }
    return fields
  }

  private func target(_ key: String, _ value: Node) throws -> HuggingFaceConfiguration.Target {
    let isQwen = configuration.processor == .qwen2VL
    let allowed =
      isQwen ? "{shortest_edge, longest_edge} in pixels" : "a number, {shortest_edge} or {height, width}"
    if value.scalar != nil && !isQwen { return .shortestEdge(try int(key, value)) }
    guard let mapping = value.mapping else { throw wrong(key, allowed, value) }
    let fields = try fields(key, mapping)
    switch (fields.keys.sorted(), isQwen) {
    case (["shortest_edge"], false): return .shortestEdge(fields["shortest_edge"]!)
    case (["height", "width"], false):
      return .exact(Size(width: fields["width"]!, height: fields["height"]!))
    case (["longest_edge", "shortest_edge"], true):
      return .pixels(least: fields["shortest_edge"]!, greatest: fields["longest_edge"]!)
    case (["max_pixels", "min_pixels"], true):
      return .pixels(least: fields["min_pixels"]!, greatest: fields["max_pixels"]!)
    default:
      throw PipelineFault(
        message: "\(key) must be \(allowed), got {\(fields.keys.sorted().joined(separator: ", "))}",
        location: Self.location(value))
    }
  }

  private func edges(_ key: String, _ value: Node) throws -> Size {
    if value.scalar != nil { return Size(try int(key, value)) }
    guard let mapping = value.mapping, let fields = Optional(try fields(key, mapping)),
      let width = fields["width"], let height = fields["height"], fields.count == 2
    else { throw wrong(key, "a number or {height, width}", value) }
    return Size(width: width, height: height)
  }

  private mutating func setPixels(least: Int? = nil, greatest: Int? = nil) {
    guard case .pixels(let oldLeast, let oldGreatest) = configuration.size else { return }
    configuration.size = .pixels(least: least ?? oldLeast, greatest: greatest ?? oldGreatest)
  }
}

extension ResampleFilter {
  private static let byPillowNumber: [ResampleFilter] = [
    .nearest, .lanczos, .bilinear, .bicubic, .box, .hamming, .mks2013, .mks2021,
  ]

  /// The filter by the number of Pillow's `Image.Resampling`.
  init?(pillowNumber: Int) {
    guard Self.byPillowNumber.indices.contains(pillowNumber) else { return nil }
    self = Self.byPillowNumber[pillowNumber]
  }

  /// The number of Pillow's `Image.Resampling`.
  var pillowNumber: Int { Self.byPillowNumber.firstIndex(of: self)! }
}
