public import TesseraCore

/// Cuts a tensor into the flat patches that Qwen2-VL's vision encoder takes.
///
/// Patches come in blocks of `mergeSize` × `mergeSize` (what the encoder merges to one token), row by row within a
/// block and block by block; each is flattened as (channel, time, y, x), a still picture repeated
/// `temporalPatchSize` times.
///
/// - Shape: `[C, H, W]` → `[H/p · W/p, C · t · p · p]`: `[N, 1176]` with the defaults. `image_grid_thw` is `grid(for:)`.
public struct QwenPatches: TensorOperation {
  public var patchSize: Int
  public var mergeSize: Int
  public var temporalPatchSize: Int

  public init(patchSize: Int = 14, mergeSize: Int = 2, temporalPatchSize: Int = 2) {
    self.patchSize = patchSize
    self.mergeSize = mergeSize
    self.temporalPatchSize = temporalPatchSize
    _ = checked()
  }

  public static let schema = TransformSchema(
    "qwen_patches", .model, "Cuts a tensor into Qwen2-VL's flat patches [N, 1176].", prototype: QwenPatches(),
    .optional("patch_size", \.patchSize, "edge of a patch"),
    .optional("merge_size", \.mergeSize, "edge of a block of patches that stay together"),
    .optional("temporal_patch_size", \.temporalPatchSize, "how often a still picture is repeated"))

  public func validate() throws {
    try Check.argument(patchSize > 0, "patch_size", "at least 1", patchSize)
    try Check.argument(mergeSize > 0, "merge_size", "at least 1", mergeSize)
    try Check.argument(temporalPatchSize > 0, "temporal_patch_size", "at least 1", temporalPatchSize)
  }

  /// Time, rows and columns of patches of a picture of this size: `image_grid_thw`.
  public func grid(for size: Size) -> [Int] { [1, size.height / patchSize, size.width / patchSize] }

  private func outputShape(_ shape: [Int]) throws -> [Int] {
    let step = patchSize * mergeSize
    guard shape.count == 3, shape[1] > 0, shape[2] > 0, shape[1] % step == 0, shape[2] % step == 0 else {
      throw TesseraError(
        .invalidInput(
          operation: "qwen_patches",
          expected: "a tensor [C, H, W] whose edges are multiples of \(step) (smart_resize)",
          got: "shape \(shape)"))
    }
    return [
      shape[1] / patchSize * (shape[2] / patchSize), shape[0] * temporalPatchSize * patchSize * patchSize,
    ]
  }

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    guard let tensor = picture.tensor else {
      throw TesseraError(.invalidInput(operation: "qwen_patches", expected: "a tensor", got: "an image"))
    }
    var info = picture
    info.tensor = TensorInfo(shape: try outputShape(tensor.shape), dataType: tensor.dataType)
    return info
  }

  public func apply(to tensor: AnyTensor) throws -> AnyTensor {
    switch tensor {
    case .uint8(let t): .uint8(try patches(t))
    case .int64(let t): .int64(try patches(t))
    case .float16(let t): .float16(try patches(t))
    case .bfloat16(let t): .bfloat16(try patches(t))
    case .float32(let t): .float32(try patches(t))
    }
  }

  private func patches<Scalar>(_ tensor: Tensor<Scalar>) throws -> Tensor<Scalar> {
    let shape = try outputShape(tensor.shape)
    let (channels, height, width) = (tensor.shape[0], tensor.shape[1], tensor.shape[2])
    let (p, step) = (patchSize, patchSize * mergeSize)
    return tensor.withUnsafeBufferPointer { source in
      Tensor(shape: shape) { target in
        var at = 0
        for blockY in stride(from: 0, to: height, by: step) {
          for blockX in stride(from: 0, to: width, by: step) {
            for y in stride(from: blockY, to: blockY + step, by: p) {
              for x in stride(from: blockX, to: blockX + step, by: p) {
                copyPatch(source, channels, height, width, x, y, target, &at)
              }
            }
          }
        }
      }
    }
  }

  /// One patch as (channel, time, y, x) from `at` on.
  private func copyPatch<Scalar>(
    _ source: UnsafeBufferPointer<Scalar>, _ channels: Int, _ height: Int, _ width: Int, _ x: Int, _ y: Int,
    _ target: UnsafeMutableBufferPointer<Scalar>, _ at: inout Int
  ) {
    for channel in 0..<channels {
      for _ in 0..<temporalPatchSize {
        for row in y..<y + patchSize {
          let from = source.baseAddress! + (channel * height + row) * width + x
          (target.baseAddress! + at).initialize(from: from, count: patchSize)
          at += patchSize
        }
      }
    }
  }
}
