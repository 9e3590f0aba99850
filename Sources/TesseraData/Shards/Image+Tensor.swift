internal import TesseraCore
internal import TesseraTransforms

extension Image {
  /// The pixels as a tensor `[C, H, W]` of 8-bit values.
  func tensorByChannel() throws -> AnyTensor {
    guard format.bytesPerChannel == 1 else {
      throw TesseraError(
        .invalidInput(operation: "safetensors", expected: "8-bit pictures", got: format.pillowMode),
        stage: .tensor)
    }
    return .uint8(
      Tensor(shape: [channels, height, width]) { target in
        if let base = target.baseAddress { planes(flipX: false, into: base) }
      })
  }

  /// The pixels as a tensor `[H, W, C]` of 8-bit values.
  func tensorAsStored() throws -> AnyTensor {
    guard format.bytesPerChannel == 1 else {
      throw TesseraError(
        .invalidInput(operation: "an array of views", expected: "8-bit pictures", got: format.pillowMode),
        stage: .tensor)
    }
    return .uint8(
      Tensor(shape: [height, width, channels]) { target in
        withUnsafeBytes { UnsafeMutableRawBufferPointer(target).copyMemory(from: $0) }
      })
  }
}
