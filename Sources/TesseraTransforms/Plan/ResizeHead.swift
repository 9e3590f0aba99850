internal import TesseraCodecs
import TesseraCore

/// The resize that a plan begins with: it takes the decoder's rows as they come, so that the picture that is decoded is
/// never in memory as a whole.
struct ResizeHead: Sendable {
  /// What it stands for: the resize, and the crops behind it with the flips between them.
  let operations: ArraySlice<any Operation>
  /// Whether what comes out is still to be flipped.
  let isOutputMirrored: Bool
  /// The part of the source that is read.
  let window: Rect
  private let format: PixelFormat
  /// The part of the resized picture that is made.
  private let kept: Rect
  private let plan: ResamplePlan

  /// The head for operations on a picture of `source`'s size, or nil if they do not begin with a resize that rows can
  /// be fed to: NEAREST, a reduction before the filter, and alpha (which is multiplied in) need the whole picture.
  ///
  /// - Parameter isMirrored: whether that picture is flipped first. Sums of integers may be taken in any order; those
  ///   of 16-bit pictures are sums of doubles, so there the flip is no head's.
  init?(
    _ operations: ArraySlice<any Operation>, source: Size, format: PixelFormat, isMirrored: Bool
  ) throws {
    guard let resize = operations.first as? ResizeTo, !format.hasAlpha, !(isMirrored && format == .gray16),
      let box = resize.streamedBox(of: source)
    else {
      return nil
    }
    var (kept, count) = (MirroredRect(Rect(resize.size)), 1)
    var part = kept
    for (index, operation) in operations.dropFirst().enumerated() {
      guard part.take(operation) else { break }
      // A flip behind the last crop is left to the last pass.
      if operation is Crop { (kept, count) = (part, index + 2) }
    }
    self.operations = operations.prefix(count)
    self.format = format
    self.kept = kept.rect
    self.isOutputMirrored = kept.isMirrored != isMirrored
    self.plan = try ResamplePlan(
      resize.request, source: source, format: format, box: box, kept: kept.rect, isMirrored: isMirrored)
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
    decoding picture: OpenedPicture, _ request: DecodeRequest, spent: ((UInt64) -> Void)? = nil
  ) throws -> Image {
    try Image(size: kept.size, format: format) { target in
      try plan.withStream(into: target.baseAddress!) { push in
        try ImageDecoder().decodeRows(picture, request) { rows, stride, count in
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
