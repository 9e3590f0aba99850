internal import TesseraCore

/// Puts the pictures of some samples into a batch. One's own sets whatever parts of the batch it likes.
public protocol Collator: Sendable {
  /// Sets the batch's images (and more). All other fields are filled in already, row by row.
  ///
  /// - Parameter samples: the rows, in order; never empty.
  /// - Throws: what is wrong with the batch as a whole; the epoch ends with it.
  func collate(_ samples: [LoadedSample], into batch: inout Batch) throws

  /// Whether all pictures and arrays of one name must have one shape. A sample that differs from the first is then
  /// a failure of its own, under the loader's error policy, before `collate` is called.
  var needsEqualShapes: Bool { get }

  /// The name and arguments, for a loader's state. By default the type's name.
  var summary: String { get }
}

extension Collator {
  public var needsEqualShapes: Bool { false }
  public var summary: String { "\(Self.self)" }
}

/// Stacks pictures of one shape: `[N, C, H, W]`. The default; pictures are written into the batch directly.
public struct StackCollator: Collator {
  public init() {}
  public var needsEqualShapes: Bool { true }

  public func collate(_ samples: [LoadedSample], into batch: inout Batch) throws {
    let pictures = samples.flatMap(\.pictures)
    if !pictures.isEmpty { batch.images = try AnyTensor.stack(pictures) }
  }
}

/// Keeps pictures of any shapes as a list (`batch.imageList`).
public struct ListCollator: Collator {
  public init() {}

  public func collate(_ samples: [LoadedSample], into batch: inout Batch) {
    batch.imageList = samples.flatMap(\.pictures)
  }
}

/// Pads pictures to the largest of the batch, at the right and below, and marks what is picture.
///
/// - Shape: `images` `[N, C, H, W]` (or `[N, H, W, C]`), `imageMask` `[N, H, W]`.
public struct PadCollator: Collator {
  /// What padding holds, as the picture's own numbers (after normalisation, where there is one).
  public var value: Double
  /// Height and width are rounded up to multiples of this.
  public var multiple: Int

  public init(value: Double = 0, multiple: Int = 1) {
    precondition(multiple >= 1, "PadCollator(multiple: \(multiple))")
    self.value = value
    self.multiple = multiple
  }

  public var summary: String { "PadCollator(\(value), \(multiple))" }

  public func collate(_ samples: [LoadedSample], into batch: inout Batch) throws {
    let pictures = samples.flatMap(\.pictures)
    guard let first = pictures.first else { return }
    let isLast = batch.isChannelsLast
    let (rowAxis, columnAxis) = isLast ? (0, 1) : (1, 2)
    let channels = first.shape.count == 3 ? first.shape[isLast ? 2 : 0] : -1
    for picture in pictures
    where picture.shape.count != 3 || picture.dataType != first.dataType
      || picture.shape[isLast ? 2 : 0] != channels
    {
      throw TesseraError(
        .invalidInput(
          operation: "the padding collator",
          expected: "pictures of \(channels) channels, \(first.dataType.rawValue), without views",
          got: "\(picture.shape) \(picture.dataType.rawValue)"), stage: .collate)
    }
    let height = rounded(pictures.map { $0.shape[rowAxis] }.max() ?? 0)
    let width = rounded(pictures.map { $0.shape[columnAxis] }.max() ?? 0)
    let room = PaddedRoom(
      channels: channels, height: height, width: width, isChannelsLast: isLast, dataType: first.dataType)
    batch.images = room.stack(pictures, padding: value)
    batch.imageMask = Tensor(shape: [pictures.count, height, width]) { mask in
      mask.initialize(repeating: 0)
      for (number, picture) in pictures.enumerated() {
        for row in 0..<picture.shape[rowAxis] {
          let start = (number * height + row) * width
          for at in start..<start + picture.shape[columnAxis] { mask[at] = 1 }
        }
      }
    }
  }

  private func rounded(_ side: Int) -> Int { (side + multiple - 1) / multiple * multiple }
}

/// The frame that padded pictures are laid into.
private struct PaddedRoom {
  var channels: Int
  var height: Int
  var width: Int
  var isChannelsLast: Bool
  var dataType: DataType

  func stack(_ pictures: [AnyTensor], padding: Double) -> AnyTensor {
    let shape = isChannelsLast ? [height, width, channels] : [channels, height, width]
    let size = dataType.byteCount
    let pictureBytes = shape.reduce(1, *) * size
    let block = MemoryBlock(byteCount: pictures.count * pictureBytes)
    fill(block, with: padding)
    for (number, picture) in pictures.enumerated() {
      // Runs of elements that lie together in the picture and in the frame.
      let (rows, run, step) =
        isChannelsLast
        ? (picture.shape[0], picture.shape[1] * channels, width * channels)
        : (picture.shape[1], picture.shape[2], width)
      picture.withUnsafeBytes { source in
        guard let base = source.baseAddress else { return }
        for plane in 0..<(isChannelsLast ? 1 : channels) {
          for row in 0..<rows {
            let to = number * pictureBytes + (plane * height * width + row * step) * size
            (block.base + to).copyMemory(
              from: base + (plane * rows + row) * run * size, byteCount: run * size)
          }
        }
      }
    }
    return AnyTensor(shape: [pictures.count] + shape, dataType: dataType, block: block)
  }

  private func fill(_ block: MemoryBlock, with value: Double) {
    let bytes = block.mutableBytes
    func fill<T: BitwiseCopyable>(_ value: T) { bytes.bindMemory(to: T.self).initialize(repeating: value) }
    switch dataType {
    case .uint8: fill(UInt8(clamping: Int(value)))
    case .int64: fill(Int64(value))
    case .float16: fill(Float16(value))
    case .bfloat16: fill(BFloat16(Float(value)))
    case .float32: fill(Float(value))
    }
  }
}

extension Collator where Self == StackCollator {
  /// Stacks pictures of one shape.
  public static var stack: StackCollator { StackCollator() }
}

extension Collator where Self == ListCollator {
  /// Keeps pictures of any shapes as a list.
  public static var list: ListCollator { ListCollator() }
}

extension Collator where Self == PadCollator {
  /// Pads pictures to the largest of the batch.
  public static func pad(value: Double = 0, multiple: Int = 1) -> PadCollator {
    PadCollator(value: value, multiple: multiple)
  }
}
