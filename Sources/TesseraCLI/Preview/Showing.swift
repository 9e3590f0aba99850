import Tessera

/// Makes pictures to look at of whatever a pipeline gives.
enum Showing {
  /// One picture of an output: tensors denormalised, several views side by side.
  ///
  /// - Parameter draw: what was done, so that its normalisations can be undone.
  static func picture(_ output: PipelineOutput, _ draw: Draw) throws -> Image {
    switch output.value {
    case .image(let image): return try eightBit(image)
    case .views(let images): return tiled(try images.map(eightBit))
    case .tensor(let tensor):
      let plain = try undoNormalize(tensor, draw)
      guard plain.shape.count == 4 else { return try image(of: plain, view: 0) }
      return tiled(try (0..<plain.shape[0]).map { try image(of: plain, view: $0) })
    }
  }

  private static func eightBit(_ image: Image) throws -> Image {
    guard image.format == .gray16 else { return image }
    return Image(size: image.size, format: .gray) { target in
      image.withUnsafeBytes { source in
        for i in 0..<image.size.area {
          target[i] = UInt8((Int(source.load(fromByteOffset: 2 * i, as: UInt16.self)) * 255 + 32767) / 65535)
        }
      }
    }
  }

  private static func undoNormalize(_ tensor: AnyTensor, _ draw: Draw) throws -> AnyTensor {
    var tensor = tensor
    for case let step as Normalize in draw.operations.reversed() where tensor.dataType.isFloatingPoint {
      tensor = try Denormalize(step.statistics).apply(to: tensor)
    }
    return tensor
  }

  /// View `view` of a tensor `[C, H, W]` or `[V, C, H, W]`. Floats in 0...1, wider ones in 0...255; both clipped.
  private static func image(of tensor: AnyTensor, view: Int) throws -> Image {
    guard tensor.shape.count >= 3 else {
      throw TesseraError(
        .invalidInput(operation: "preview", expected: "tensors [C, H, W]", got: "\(tensor.shape)"),
        stage: .tensor)
    }
    let shape = Array(tensor.shape.suffix(3))
    let (channels, height, width) = (shape[0], shape[1], shape[2])
    let values = floats(tensor, from: view * channels * height * width, count: channels * height * width)
    let isUnit = tensor.dataType.isFloatingPoint && !values.contains { $0 > 2 }
    let scale: Float = isUnit ? 255 : 1
    let format: PixelFormat =
      channels == 1 ? .gray : channels == 2 ? .grayAlpha : channels == 4 ? .rgba : .rgb
    let plane = height * width
    return Image(size: Size(width: width, height: height), format: format) { target in
      for pixel in 0..<plane {
        for channel in 0..<format.channels {
          let value = values[channel * plane + pixel] * scale
          target[pixel * format.channels + channel] = UInt8(min(max(value.rounded(), 0), 255))
        }
      }
    }
  }

  /// Elements as floats; NaN is shown as 0.
  private static func floats(_ tensor: AnyTensor, from start: Int, count: Int) -> [Float] {
    func slice<T>(_ tensor: Tensor<T>, _ convert: (T) -> Float) -> [Float] {
      tensor.withUnsafeBufferPointer { $0[start..<start + count].map(convert) }
    }
    let values =
      switch tensor {
      case .uint8(let t): slice(t) { Float($0) }
      case .int64(let t): slice(t) { Float($0) }
      case .float16(let t): slice(t) { Float($0) }
      case .bfloat16(let t): slice(t) { Float($0) }
      case .float32(let t): slice(t) { $0 }
      }
    return values.map { $0.isNaN ? 0 : $0 }
  }

  /// Pictures in rows, as many columns as rows or one more.
  static func tiled(_ images: [Image]) -> Image {
    var columns = 1
    while columns * columns < images.count { columns += 1 }
    let rows = (images.count + columns - 1) / columns
    let gap = 4
    let cell = Size(
      width: (images.map(\.width).max() ?? 1) + gap, height: (images.map(\.height).max() ?? 1) + gap)
    var canvas = Canvas(
      Size(width: columns * cell.width - gap, height: rows * cell.height - gap), PreviewSheet.ground)
    for (index, image) in images.enumerated() {
      canvas.draw(image, x: index % columns * cell.width, y: index / columns * cell.height)
    }
    return canvas.image
  }
}
