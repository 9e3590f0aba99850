public import TesseraCore

/// What is wanted of a picture: all of it, or a window, and under which policy.
///
/// The window is part of the request, not a step after it, so that a decoder may leave out the rows and columns
/// that nobody reads. Pixels are always those of the whole picture's window.
public struct DecodeRequest: Sendable, Hashable, Codable {
  public var policy: DecodePolicy
  /// The window in pixels of the *decoded* picture (after the orientation); `nil` for all of it.
  public var region: Rect?
  /// 1, or for JPEG also 2, 4 or 8: the codec gives the picture at 1/scale of its size,
  /// ⌈width / scale⌉ × ⌈height / scale⌉ pixels (other ones than a resize would give), for less work. The window then
  /// is one of the smaller picture.
  public var scale: Int
  /// Colour JPEGs (YCbCr) are decoded to `gray` from their luma alone, as by Pillow's `draft("L", …)`.
  public var lumaOnly: Bool

  public init(policy: DecodePolicy = .tessera, region: Rect? = nil, scale: Int = 1, lumaOnly: Bool = false) {
    self.policy = policy
    self.region = region
    self.scale = scale
    self.lumaOnly = lumaOnly
  }

  /// A picture's size after the scaling.
  package func scaled(_ size: Size) -> Size {
    scale <= 1
      ? size : Size(width: (size.width + scale - 1) / scale, height: (size.height + scale - 1) / scale)
  }
}
