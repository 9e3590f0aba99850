import TesseraCore

/// A part of an image, perhaps mirrored, that has not been copied out yet.
///
/// Crops narrow it and horizontal flips turn its mark; an operation that needs whole pictures makes it real.
struct ImageWindow: Sendable {
  private(set) var image: Image
  private var part: MirroredRect

  init(_ image: Image) {
    self.image = image
    self.part = MirroredRect(image.bounds)
  }

  var region: Rect { part.rect }
  var isMirrored: Bool { part.isMirrored }
  var size: Size { region.size }

  /// The part `rect` of this part, in its own coordinates.
  mutating func narrow(to rect: Rect) { part.narrow(to: rect) }

  mutating func mirror() { part.mirror() }

  /// The part as a picture of its own: the image itself if the part is all of it.
  func materialised() throws -> Image {
    var whole = image
    if region != image.bounds { whole = try Crop(region).apply(to: whole) }
    if isMirrored { whole = try HorizontalFlip().apply(to: whole) }
    return whole
  }

  /// Makes a mirrored part real, so that what remains is a plain region of an image.
  func unmirrored() throws -> ImageWindow { isMirrored ? ImageWindow(try materialised()) : self }
}
