/// What a model is asked: ids with the places of pictures, and the pictures.
public struct Prompt: Sendable {
  /// The tokens, a picture's many among them.
  public var ids: [Int]
  /// Where each picture's tokens stand, in the pictures' order.
  public var imageSpans: [Range<Int>]
  /// The pictures, ready for the tower: each `[C, height, width]`.
  public var pixels: [TorchTensor]

  public init(ids: [Int], imageSpans: [Range<Int>] = [], pixels: [TorchTensor] = []) {
    self.ids = ids
    self.imageSpans = imageSpans
    self.pixels = pixels
  }

  /// Whether another one has the same tokens and the very same pictures, not equal ones.
  func isSame(as other: Prompt) -> Bool {
    ids == other.ids && imageSpans == other.imageSpans && pixels.count == other.pixels.count
      && zip(pixels, other.pixels).allSatisfy { $0.isSame(as: $1) }
  }
}
