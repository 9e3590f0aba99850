public import TesseraCore

/// What is known of a picture without its pixels, at one point of a pipeline.
public struct PictureInfo: Sendable, Equatable {
  /// Pixels (of each view, where there are several).
  public var size: Size
  public var format: PixelFormat
  /// The number of views once a step has made several of one picture.
  public var views: Int?
  /// Shape and type once the picture is a tensor.
  public var tensor: TensorInfo?
  /// The boxes at this point, for draws that look at them (`random_iou_crop`).
  public var boxes: [BoundingBox]
  /// The generation of Pillow whose pixels the resampling steps give.
  public var generation: PillowGeneration

  public init(
    size: Size, format: PixelFormat, boxes: [BoundingBox] = [], generation: PillowGeneration = .newest
  ) {
    self.size = size
    self.format = format
    self.boxes = boxes
    self.generation = generation
  }

  /// The same picture with another size.
  public func resized(to size: Size) -> PictureInfo {
    var info = self
    info.size = size
    return info
  }
}

/// Shape and element type of a tensor.
public struct TensorInfo: Sendable, Hashable, Codable {
  public var shape: [Int]
  public var dataType: DataType

  public init(shape: [Int], dataType: DataType) {
    self.shape = shape
    self.dataType = dataType
  }

  /// Bytes of all elements.
  package var byteCount: Int { shape.reduce(1, *) * dataType.byteCount }
}

/// A generation of Pillow's resampling: the order of its two passes changed twice, and the pixels with it.
public enum PillowGeneration: String, Sendable, Hashable, Codable, CaseIterable {
  /// Up to 12.1: always horizontal first.
  case pillow11 = "pillow@11"
  /// 12.2 and 12.3: vertical first for pictures over 100 times as high as wide that shrink vertically.
  case pillow12_3 = "pillow@12.3"
  /// 13.0: vertical first if the height shrinks by more than twice what the width does.
  case pillow13 = "pillow@13"

  /// What plain `pillow` means.
  public static let newest = PillowGeneration.pillow13
}

/// A resampling filter by Pillow's names and supports.
public enum ResampleFilter: String, Sendable, Hashable, Codable, CaseIterable {
  case nearest, box, bilinear, hamming, bicubic, lanczos
  /// Costella's magic kernels (Pillow 13).
  case mks2013, mks2021
}

/// How pixels beyond the edge are made up.
public enum PaddingMode: String, Sendable, Hashable, Codable, CaseIterable {
  /// A fixed colour.
  case constant
  /// The edge pixel, repeated.
  case edge
  /// Mirrored without repeating the edge pixel.
  case reflect
  /// Mirrored, the edge pixel repeated.
  case symmetric
}

/// The colour of pixels that no source pixel covers: one value for all channels, or one a channel.
public struct Fill: Sendable, Hashable, Codable {
  public var values: [Int]

  /// - Parameter values: 0...255 each; one, or as many as the picture has channels.
  public init(_ values: [Int]) { self.values = values }

  /// Black (and transparent).
  public static let zero = Fill([0])

  /// One byte a channel for a picture of `format`. A missing alpha becomes 255.
  ///
  /// - Throws: `invalidInput` if the number of values fits neither.
  public func bytes(for format: PixelFormat) throws -> [UInt8] {
    if values.count == 1 { return Array(repeating: UInt8(clamping: values[0]), count: format.channels) }
    if values.count == format.channels { return values.map { UInt8(clamping: $0) } }
    if format.hasAlpha && values.count == format.channels - 1 {
      return values.map { UInt8(clamping: $0) } + [255]
    }
    throw TesseraError(
      .invalidInput(
        operation: "fill", expected: "1 or \(format.channels) values for \(format.pillowMode)",
        got: "\(values.count) values"))
  }
}
