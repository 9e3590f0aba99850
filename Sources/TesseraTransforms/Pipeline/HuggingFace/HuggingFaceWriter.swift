import TesseraCore

/// Finds the configuration whose steps a pipeline is, and writes it as JSON.
struct HuggingFaceWriter {
  private var configuration: HuggingFaceConfiguration
  private var rest: ArraySlice<any Transform>

  /// The configuration that says the same as `steps`.
  ///
  /// - Throws: `invalidPipeline` that names the step that the format cannot say.
  static func configuration(of steps: [any Transform]) throws -> HuggingFaceConfiguration {
    var writer = HuggingFaceWriter(
      configuration: HuggingFaceConfiguration(processor(of: steps)), rest: steps[...])
    try writer.takeSteps()
    if let step = writer.rest.first {
      throw writer.refusal(step, "it has no place in \(writer.configuration.processor.rawValue)'s order")
    }
    return writer.configuration
  }

  private static func processor(of steps: [any Transform]) -> HuggingFaceProcessor {
    if steps.contains(where: { $0 is QwenPatches || $0 is SmartResize }) { return .qwen2VL }
    if steps.contains(where: { $0 is AnyResTiles }) { return .llavaNext }
    if steps.contains(where: { $0 is PadToSquare }) { return .llava }
    let isExact = steps.contains {
      if case .exact = ($0 as? Resize)?.size { true } else { false }
    }
    return isExact && !steps.contains { $0 is CenterCrop } ? .siglip : .clip
  }

  private func refusal(_ step: any Transform, _ why: String) -> TesseraError {
    let text = PipelinePrinter.text(TransformRegistry.node(of: step))
    return TesseraError(
      .invalidPipeline(
        message: "a Hugging Face configuration cannot say \(text): \(why)", line: 0, column: 0, excerpt: ""))
  }

  /// Takes the next step if it is a `Step`.
  private mutating func next<Step: Transform>(_ type: Step.Type) -> Step? {
    guard let step = rest.first as? Step else { return nil }
    rest.removeFirst()
    return step
  }

  private mutating func takeSteps() throws {
    let convert = next(ConvertToRGB.self)
    if let convert, convert.background != Fill([255]) && convert.background != Fill([255, 255, 255]) {
      throw refusal(convert, "transformers lays transparency over white (background: 255)")
    }
    configuration.convertsToRGB = convert != nil
    let pad = next(PadToSquare.self)
    configuration.pads = pad != nil || configuration.processor == .llavaNext
    try takeGeometry()
    try takeTensor()
    if let pad, pad.fill != Fill(configuration.mean.map { Int($0 * 255) }) {
      throw refusal(pad, "the fill is always the mean times 255")
    }
    if configuration.processor == .qwen2VL { try takePatches() }
  }

  private mutating func takeGeometry() throws {
    if configuration.processor == .llavaNext {
      guard let tiles = next(AnyResTiles.self) else { return }
      try check(tiles, generation: tiles.generation)
      (configuration.size, configuration.cropSize) = (.shortestEdge(tiles.tile), Size(tiles.tile))
      (configuration.grid, configuration.filter) = (tiles.grid, tiles.filter)
      return
    }
    if let smart = next(SmartResize.self) {
      try check(smart, generation: smart.generation)
      configuration.size = .pixels(least: smart.minPixels, greatest: smart.maxPixels)
      configuration.filter = smart.filter
      let patches = rest.lazy.compactMap { $0 as? QwenPatches }.first
      guard let patches, smart.factor == patches.patchSize * patches.mergeSize else {
        throw refusal(smart, "its factor must be qwen_patches' patch_size times merge_size")
      }
    } else if let resize = next(Resize.self) {
      try check(resize, generation: resize.generation)
      guard resize.maxSize == nil, resize.reducingGap == nil else {
        throw refusal(resize, "max_size and reducing_gap have no key there")
      }
      switch resize.size {
      case .shorterEdge(let edge): configuration.size = .shortestEdge(edge)
      case .exact(let size): configuration.size = .exact(size)
      case nil: throw refusal(resize, "it needs a size")
      }
      configuration.filter = resize.filter
    } else {
      configuration.resizes = false
    }
    let crop = next(CenterCrop.self)
    if let crop, crop.rounding != .floor {
      throw refusal(crop, "transformers rounds the offset down (rounding: floor)")
    }
    configuration.crops = crop != nil
    if let crop { configuration.cropSize = crop.size }
  }

  private func check(_ step: any Transform, generation: PillowGeneration?) throws {
    if generation != nil { throw refusal(step, "a generation of Pillow has no key there") }
  }

  private mutating func takeTensor() throws {
    if let rescale = next(Rescale.self) {
      configuration.rescaleFactor = rescale.factor
    } else if next(PILToTensor.self) != nil {
      configuration.rescales = false
    } else if let step = rest.first {
      throw refusal(step, "after resizing and cropping must come rescale (to_tensor differs in the last bit)")
    } else {
      throw TesseraError(
        .invalidPipeline(
          message: "a Hugging Face configuration ends in a tensor: rescale is missing", line: 0, column: 0,
          excerpt: ""))
    }
    guard let normalize = next(Normalize.self) else {
      configuration.normalizes = false
      return
    }
    configuration.mean = normalize.statistics.mean
    configuration.standardDeviation = normalize.statistics.standardDeviation
  }

  private mutating func takePatches() throws {
    guard let patches = next(QwenPatches.self) else { return }
    configuration.patchSize = patches.patchSize
    configuration.mergeSize = patches.mergeSize
    configuration.temporalPatchSize = patches.temporalPatchSize
  }
}

extension HuggingFaceConfiguration {
  /// The configuration as transformers writes it: keys in order, two spaces a level.
  var json: String {
    var lines: [(String, String)] = [
      ("do_convert_rgb", "\(convertsToRGB)"), ("do_normalize", "\(normalizes)"),
      ("do_rescale", "\(rescales)"),
      ("do_resize", "\(resizes || processor == .llavaNext)"),
      ("image_processor_type", "\"\(processor.rawValue)\""),
      ("image_mean", list(mean)), ("image_std", list(standardDeviation)),
      ("resample", "\(filter.pillowNumber)"), ("rescale_factor", PipelinePrinter.number(rescaleFactor)),
      ("size", sizeJSON),
    ]
    if processor == .clip || processor == .llava || processor == .llavaNext {
      lines.append(("do_center_crop", "\(crops)"))
      lines.append(("crop_size", "{\"height\": \(cropSize.height), \"width\": \(cropSize.width)}"))
    }
    if processor == .llava || processor == .llavaNext { lines.append(("do_pad", "\(pads)")) }
    if processor == .llavaNext {
      let pairs = grid.map { "[\($0.height), \($0.width)]" }
      lines.append(("image_grid_pinpoints", "[\(pairs.joined(separator: ", "))]"))
    }
    if processor == .qwen2VL {
      lines += [
        ("patch_size", "\(patchSize)"), ("merge_size", "\(mergeSize)"),
        ("temporal_patch_size", "\(temporalPatchSize)"),
      ]
    }
    let body = lines.sorted { $0.0 < $1.0 }.map { "  \"\($0.0)\": \($0.1)" }
    return "{\n\(body.joined(separator: ",\n"))\n}\n"
  }

  private func list(_ values: [Double]) -> String {
    "[\(values.map(PipelinePrinter.number).joined(separator: ", "))]"
  }

  private var sizeJSON: String {
    switch size {
    case .shortestEdge(let edge): "{\"shortest_edge\": \(edge)}"
    case .exact(let size): "{\"height\": \(size.height), \"width\": \(size.width)}"
    case .pixels(let least, let greatest): "{\"longest_edge\": \(greatest), \"shortest_edge\": \(least)}"
    }
  }
}
