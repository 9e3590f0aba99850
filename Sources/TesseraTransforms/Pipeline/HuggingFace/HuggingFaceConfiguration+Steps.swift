import TesseraCore

extension HuggingFaceConfiguration {
  /// The steps that the processor's PIL backend takes, in its order.
  ///
  /// - Parameter places: where the keys stand, for faults.
  func steps(_ places: [String: SourceLocation]) throws -> [StepNode] {
    var steps: [StepNode] = []
    func add(_ name: String, _ key: String, _ arguments: [(String, ArgumentNode)] = []) {
      let place = places[key] ?? SourceLocation(line: 1, column: 1)
      steps.append(
        StepNode(
          name: name, arguments: arguments.map { .init(name: $0, value: $1, location: place) },
          location: place))
    }
    // transformers 5 lays transparency over white before it drops alpha.
    if convertsToRGB { add("convert_rgb", "do_convert_rgb", [("background", 255.argument)]) }
    if pads && processor == .llava {
      add("pad_to_square", "do_pad", [("fill", mean.map { Int($0 * 255) }.argument)])
    }
    try addGeometry(add, places)
    addTensor(add)
    if processor == .qwen2VL {
      add(
        "qwen_patches", "patch_size",
        [
          ("patch_size", patchSize.argument), ("merge_size", mergeSize.argument),
          ("temporal_patch_size", temporalPatchSize.argument),
        ])
    }
    return steps
  }

  private typealias Add = (String, String, [(String, ArgumentNode)]) -> Void

  private func addGeometry(_ add: Add, _ places: [String: SourceLocation]) throws {
    let filter = ("filter", filter.argument)
    switch (processor, size) {
    case (.llavaNext, _):
      let tile = try tile(places)
      add(
        "any_res_tiles", "image_grid_pinpoints", [("tile", tile.argument), ("grid", grid.argument), filter])
      return
    case (.qwen2VL, .pixels(let least, let greatest)):
      guard resizes else { break }
      add(
        "smart_resize", "size",
        [
          ("factor", (patchSize * mergeSize).argument), ("min_pixels", least.argument),
          ("max_pixels", greatest.argument), filter,
        ])
    case (_, .shortestEdge(let edge)):
      if resizes { add("resize", "size", [("size", edge.argument), filter]) }
    case (_, .exact(let size)):
      if resizes { add("resize", "size", [("size", [size.height, size.width].argument), filter]) }
    case (_, .pixels): break
    }
    if crops && processor != .siglip && processor != .qwen2VL {
      add(
        "center_crop", "crop_size", [("size", cropSize.argument), ("rounding", CropRounding.floor.argument)])
    }
  }

  /// LLaVA-NeXT cuts tiles of `crop_size` and squashes the whole picture to `size`; both must be one square here.
  private func tile(_ places: [String: SourceLocation]) throws -> Int {
    let whole: Size
    switch size {
    case .shortestEdge(let edge): whole = Size(edge)
    case .exact(let size): whole = size
    case .pixels: whole = Size(0)
    }
    guard whole == cropSize, whole.width == whole.height else {
      throw PipelineFault(
        message: "\(processor.rawValue): size (\(whole)) and crop_size (\(cropSize)) must be one square",
        location: places["crop_size"] ?? places["size"] ?? SourceLocation(line: 1, column: 1))
    }
    return whole.width
  }

  private func addTensor(_ add: Add) {
    if rescales {
      add("rescale", "rescale_factor", [("factor", rescaleFactor.argument)])
    } else if normalizes || processor == .qwen2VL {
      add("rescale", "do_rescale", [("factor", 1.0.argument)])
    } else {
      add("pil_to_tensor", "do_rescale", [])
    }
    if normalizes {
      add("normalize", "image_mean", [("mean", mean.argument), ("std", standardDeviation.argument)])
    }
  }
}
