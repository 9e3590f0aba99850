import TesseraCore

/// A part of a picture, perhaps flipped left to right: what a run of crops and flips leaves.
struct MirroredRect: Sendable, Equatable {
  /// Where it lies in the picture as that is.
  private(set) var rect: Rect
  private(set) var isMirrored = false

  init(_ rect: Rect) { self.rect = rect }

  /// The part `inner` of this part, in its own coordinates.
  mutating func narrow(to inner: Rect) {
    let x = isMirrored ? rect.width - inner.right : inner.x
    rect = rect.part(Rect(x: x, y: inner.y, width: inner.width, height: inner.height))
  }

  mutating func mirror() { isMirrored.toggle() }

  /// Goes along with a crop or a horizontal flip; false for any other operation.
  mutating func take(_ operation: any Operation) -> Bool {
    switch operation {
    case let crop as Crop: narrow(to: crop.rect)
    case is HorizontalFlip: mirror()
    default: return false
    }
    return true
  }
}
