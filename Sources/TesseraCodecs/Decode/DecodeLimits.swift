package import TesseraCore

/// What a file may ask of a decoder; checked against its header before anything is allocated.
public struct DecodeLimits: Sendable, Hashable, Codable {
  /// The most pixels a picture may have (the canvas, for animations). A decoded pixel takes at most 4 bytes, and
  /// decoding at most 12 more for a moment (a progressive JPEG's coefficients).
  public var pixels: Int
  /// The most bytes an encoded file may have.
  public var bytes: Int
  /// The most scans a JPEG may have: each costs time for the whole picture, and a few bytes make one. Usual
  /// progressive files have about ten.
  public var scans: Int

  /// - Parameters:
  ///   - pixels: 2²⁸ (a square of 16384) by default.
  ///   - bytes: 2³⁰ (1 GiB) by default.
  ///   - scans: 500 by default.
  public init(pixels: Int = 1 << 28, bytes: Int = 1 << 30, scans: Int = 500) {
    precondition(pixels >= 0 && bytes >= 0 && scans >= 0, "DecodeLimits(\(pixels), \(bytes), \(scans))")
    self.pixels = pixels
    self.bytes = bytes
    self.scans = scans
  }

  /// Refuses a picture by its size. Whoever plans by a header asks first: also a plan may cost what a picture would.
  ///
  /// - Throws: `limitExceeded` for too many pixels, or a side that no decoder counts.
  package func check(_ size: Size) throws {
    let (area, overflow) = size.width.multipliedReportingOverflow(by: size.height)
    guard !overflow && area <= pixels && area <= Int.max / 16 else {
      throw TesseraError(
        .limitExceeded(what: "pixels (\(size))", limit: pixels, found: overflow ? .max : area),
        stage: .header)
    }
    guard size.longer <= Int(Int32.max) / 8 else {
      throw TesseraError(
        .limitExceeded(what: "longest side", limit: Int(Int32.max) / 8, found: size.longer), stage: .header)
    }
  }

  /// No limits but the formats' own.
  public static let none = DecodeLimits(pixels: .max, bytes: .max, scans: .max)
}
