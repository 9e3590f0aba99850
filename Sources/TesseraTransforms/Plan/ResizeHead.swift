internal import TesseraCodecs
import TesseraCore

/// The resize that a plan begins with: it takes the decoder's rows as they come, so that the picture that is decoded is
/// never in memory as a whole.
struct ResizeHead: Sendable {
  /// What it stands for: the resize, and the crops behind it.
  let operations: ArraySlice<any Operation>
  /// The part of the source that is read.
  let window: Rect
  private let format: PixelFormat
  /// The part of the resized picture that is made.
  private let kept: Rect
  private let plan: ResamplePlan

  /// The head for operations on a picture of `source`'s size, or nil if they do not begin with a resize that rows can
  /// be fed to: NEAREST, a reduction before the filter, and alpha (which is multiplied in) need the whole picture.
  init?(_ operations: ArraySlice<any Operation>, source: Size, format: PixelFormat) throws {
    guard let resize = operations.first as? ResizeTo, !format.hasAlpha,
      let box = resize.streamedBox(of: source)
    else {
      return nil
    }
    var kept = Rect(resize.size)
    var count = 1
    while let crop = operations.dropFirst(count).first as? Crop {
      kept = kept.part(crop.rect)
      count += 1
    }
    self.operations = operations.prefix(count)
    self.format = format
    self.kept = kept
    self.plan = try ResamplePlan(resize.request, source: source, format: format, box: box, kept: kept)
    self.window = plan.window
  }

  /// The size of what comes out.
  var outputSize: Size { kept.size }

  /// The resize of a region of a picture in memory.
  func apply(to image: Image, region: Rect) -> Image {
    Image(size: kept.size, format: format) { target in
      image.withUnsafeBytes { bytes in
        plan.run(source: PictureRegion(image, bytes: bytes, rect: region), target: target.baseAddress!)
      }
    }
  }

  /// The resize of a picture that is being decoded; `request.region` is the window.
  ///
  /// - Parameter spent: is told the nanoseconds that went into the resize; nil where nobody asks.
  func apply(
    decoding bytes: UnsafeRawBufferPointer, _ request: DecodeRequest, spent: ((UInt64) -> Void)? = nil
  ) throws -> Image {
    try Image(size: kept.size, format: format) { target in
      try plan.withStream(into: target.baseAddress!) { push in
        try ImageDecoder().decodeRows(bytes, request) { rows, stride, count in
          guard let spent else { return push(rows, stride, count) }
          let start = Clock.nanoseconds()
          push(rows, stride, count)
          spent(Clock.nanoseconds() - start)
        }
      }
    }
  }
}

extension ResizeTo {
  /// The part of a picture of `source`'s size that is scaled, if the filter alone does all of the resize.
  func streamedBox(of source: Size) -> Box? {
    let whole = Box(Rect(source))
    let box = self.box ?? whole
    guard filter != .nearest, !(size == source && box == whole),
      Resampler.reduction(of: source, request, box) == nil
    else { return nil }
    return box
  }
}
