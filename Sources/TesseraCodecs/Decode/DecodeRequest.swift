public import TesseraCore

/// What is wanted of a picture: all of it, or a window, and under which policy.
///
/// The window is part of the request, not a step after it, so that a decoder may leave out the rows and columns
/// that nobody reads. Pixels are always those of the whole picture's window.
public struct DecodeRequest: Sendable, Hashable, Codable {
  public var policy: DecodePolicy
  /// The window in pixels of the *decoded* picture (after the orientation); `nil` for all of it.
  public var region: Rect?

  public init(policy: DecodePolicy = .tessera, region: Rect? = nil) {
    self.policy = policy
    self.region = region
  }
}
