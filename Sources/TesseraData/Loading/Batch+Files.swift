public import TesseraCore

extension Batch {
  /// Everything of the batch that is an array, by name: `images`, `labels`, and where there are some
  /// `soft_labels`, `image_mask` and the samples' own arrays.
  public var arrays: [String: AnyTensor] {
    var arrays = tensors
    if images.shape != [0] { arrays["images"] = images }
    arrays["labels"] = .int64(labels)
    if let softLabels { arrays["soft_labels"] = .float32(softLabels) }
    if let imageMask { arrays["image_mask"] = .uint8(imageMask) }
    return arrays
  }

  /// Writes the batch's arrays as a safetensors file, aside first and then renamed. The metadata say where the batch
  /// stands and which samples it holds.
  ///
  /// - Throws: `io`.
  public func write(safetensors path: String) throws {
    try SafetensorsFile.write(
      arrays,
      metadata: [
        "epoch": String(position.epoch), "batch": String(position.batch),
        "indices": JSONText.array(indices.map { .int($0) }).text,
      ], to: path)
  }

  /// Writes the images as an `.npy` file, aside first and then renamed.
  ///
  /// - Throws: `io`.
  public func write(npy path: String) throws { try Npy.write(images, to: path) }
}
