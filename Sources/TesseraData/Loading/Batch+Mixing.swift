package import TesseraCore
internal import TesseraTransforms

extension RandomStream {
  /// A deviate of Beta(α, α): two gamma deviates' share.
  package mutating func beta(_ alpha: Double) -> Double { dirichlet(alpha, count: 2)[0] }
}

extension Batch {
  /// Throws unless there is one stacked picture a row, with a label.
  func checkMixable(_ operation: String, needsFloats: Bool) throws {
    func fault(_ expected: String, _ got: String) -> TesseraError {
      TesseraError(.invalidInput(operation: operation, expected: expected, got: got), stage: .collate)
    }
    guard images.shape.count == 4, imageCounts.allSatisfy({ $0 == 1 }) else {
      throw fault("one stacked picture a row", "images \(images.shape), \(imageCounts.max() ?? 0) a row")
    }
    if needsFloats && !images.dataType.isFloatingPoint {
      throw fault("float pictures (to_tensor)", images.dataType.rawValue)
    }
  }

  /// Height and width of the pictures.
  func pictureSize(_ operation: String) throws -> Size {
    try checkMixable(operation, needsFloats: false)
    let at = isChannelsLast ? 1 : 2
    let size = Size(width: images.shape[at + 1], height: images.shape[at])
    guard size.area > 0 else {
      throw TesseraError(
        .invalidInput(operation: operation, expected: "pictures with pixels", got: "\(size)"),
        stage: .collate)
    }
    return size
  }

  /// `soft[i] = λ · soft[i] + (1 − λ) · soft[i − 1]`, in float32 as torch: each product rounded, then their sum.
  mutating func mixLabels(_ lambda: Double, classCount: Int) throws {
    var soft = softLabels ?? Tensor(shape: [count, classCount])
    guard soft.shape == [count, classCount] else {
      throw TesseraError(
        .invalidInput(
          operation: "mixing labels", expected: "\(classCount) classes, as the step before",
          got: "\(soft.shape)"), stage: .collate)
    }
    if softLabels == nil {
      for row in 0..<count {
        let label = Int(labels[row])
        guard (0..<classCount).contains(label) else {
          throw TesseraError(
            .invalidInput(
              operation: "mixing labels", expected: "a label in 0..<\(classCount)",
              got: label < 0 ? "none" : "\(label)"), path: names[row], index: keys[row].index, stage: .collate
          )
        }
        soft[row, label] = 1
      }
    }
    guard case .float32(let mixed) = AnyTensor.float32(soft).rolledMix(lambda) else { return }
    softLabels = mixed
  }
}

extension AnyTensor {
  /// `x[i] = λ · x[i] + (1 − λ) · x[i − 1]` along the first axis, the first with the last. Floats only.
  consuming func rolledMix(_ lambda: Double) -> AnyTensor {
    let (own, other) = (Float(lambda), Float(1 - lambda))
    switch consume self {
    case .float32(let tensor): return .float32(tensor.rolled { a, b in a * own + b * other })
    case .float16(let tensor):
      return .float16(
        tensor.rolled { a, b in
          // torch rounds each product to the tensor's type.
          Float16(Float(a) * own) + Float16(Float(b) * other)
        })
    case .bfloat16(let tensor):
      return .bfloat16(
        tensor.rolled { a, b in
          BFloat16(Float(BFloat16(Float(a) * own)) + Float(BFloat16(Float(b) * other)))
        })
    case .uint8(let tensor): return .uint8(tensor)
    case .int64(let tensor): return .int64(tensor)
    }
  }

  /// Each picture with a rectangle of the one before it.
  consuming func rolledPaste(_ box: Rect, isChannelsLast: Bool) -> AnyTensor {
    if box.width <= 0 || box.height <= 0 { return self }
    let paste = PasteRuns(shape: shape, box: box, isChannelsLast: isChannelsLast)
    switch consume self {
    case .uint8(let tensor): return .uint8(tensor.pasted(paste))
    case .int64(let tensor): return .int64(tensor.pasted(paste))
    case .float16(let tensor): return .float16(tensor.pasted(paste))
    case .bfloat16(let tensor): return .bfloat16(tensor.pasted(paste))
    case .float32(let tensor): return .float32(tensor.pasted(paste))
    }
  }
}

/// The runs of elements of a rectangle in each picture of a batch.
private struct PasteRuns {
  /// Elements of a picture.
  var pictureCount: Int
  /// Where runs start in a picture, and how long each is.
  var starts: [Int]
  var length: Int

  init(shape: [Int], box: Rect, isChannelsLast: Bool) {
    pictureCount = shape.dropFirst().reduce(1, *)
    if isChannelsLast {
      let (width, channels) = (shape[2], shape[3])
      starts = (box.y..<box.bottom).map { ($0 * width + box.x) * channels }
      length = box.width * channels
    } else {
      let (channels, height, width) = (shape[1], shape[2], shape[3])
      starts = (0..<channels).flatMap { channel in
        (box.y..<box.bottom).map { (channel * height + $0) * width + box.x }
      }
      length = box.width
    }
  }
}

extension Tensor {
  /// `mix(x[i], x[i − 1])` along the first axis, in place but for the last row.
  fileprivate consuming func rolled(_ mix: (Scalar, Scalar) -> Scalar) -> Tensor {
    let rows = shape.first ?? 0
    guard rows > 1 else {
      // A batch of one is mixed with itself.
      return map { mix($0, $0) }
    }
    let row = count / rows
    var tensor = consume self
    tensor.withUnsafeMutableBufferPointer { x in
      let last = Array(x[(rows - 1) * row..<rows * row])
      for at in stride(from: rows * row - 1, through: row, by: -1) { x[at] = mix(x[at], x[at - row]) }
      for at in 0..<row { x[at] = mix(x[at], last[at]) }
    }
    return tensor
  }

  /// Each picture with the runs of the one before it, in place but for the last.
  fileprivate consuming func pasted(_ runs: PasteRuns) -> Tensor {
    let rows = shape.first ?? 0
    var tensor = consume self
    tensor.withUnsafeMutableBufferPointer { x in
      guard rows > 1, let base = x.baseAddress else { return }
      let end = (rows - 1) * runs.pictureCount
      for start in runs.starts {
        let last = Array(x[end + start..<end + start + runs.length])
        for picture in stride(from: rows - 1, to: 0, by: -1) {
          let to = base + picture * runs.pictureCount + start
          to.update(from: to - runs.pictureCount, count: runs.length)
        }
        last.withUnsafeBufferPointer { (base + start).update(from: $0.baseAddress!, count: runs.length) }
      }
    }
    return tensor
  }
}
