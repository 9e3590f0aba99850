public import TesseraCore
private import CCodecs

/// Rewrites progressive JPEGs as baseline with identical pixels, as jpegtran does: the coefficients are kept, only
/// their coding changes.
///
/// A baseline file decodes about three times as fast, for a few per cent more bytes. All APPn and COM markers are
/// kept byte for byte (EXIF, ICC, XMP, JFIF, Adobe), as is what follows the end marker. Each rewriting is proved: both
/// files are decoded, and where one byte or one word of the header differs the original is kept.
public struct JPEGTranscoder: Sendable {
  /// What became of a file.
  public enum Outcome: Sendable, Equatable {
    /// Baseline now, with the same pixels.
    case rewritten([UInt8])
    /// A JPEG that is not progressive.
    case alreadyBaseline
    /// Another format.
    case notJPEG
    /// libjpeg cannot rewrite it (damaged, more than 8 bits): it stays as it is.
    case kept(TesseraError)
    /// The rewritten file's pixels or header would differ (scans are missing, so that decoders smooth): it stays.
    case differs
  }

  public var limits: DecodeLimits
  /// Rows of blocks between restart markers; 0 for none. Where there are some, baseline files are rewritten too: a
  /// decoder that is asked for a part of the picture then begins at the marker above it. About 0.1 % more bytes.
  public var restartRows: Int

  /// - Parameter restartRows: 0...255.
  public init(limits: DecodeLimits = DecodeLimits(), restartRows: Int = 0) {
    precondition((0...255).contains(restartRows), "restart markers after \(restartRows) rows of blocks")
    self.limits = limits
    self.restartRows = restartRows
  }

  /// Rewrites a file if it is a progressive JPEG, or one that is to have restart markers.
  ///
  /// - Throws: `TesseraError` of stage `header` for bytes that are no picture that Tessera reads.
  /// - Complexity: two decodes and an encode of a progressive file; a look at the header of others.
  public func baseline(_ bytes: [UInt8]) throws -> Outcome {
    let header = try ImageHeader(bytes: bytes)
    guard header.format == .jpeg else { return .notJPEG }
    guard header.isProgressive || restartRows > 0 else { return .alreadyBaseline }
    do {
      let rewritten = try transcoded(bytes)
      return try isSame(bytes, rewritten, header) ? .rewritten(rewritten) : .differs
    } catch let error as TesseraError {
      return .kept(error)
    }
  }

  private func transcoded(_ bytes: [UInt8]) throws -> [UInt8] {
    var options = tc_jpeg_transcode_options(
      restart_rows: Int32(restartRows), max_pixels: Int64(limits.pixels), max_scans: Int64(limits.scans))
    return try encoded("JPEG") { buffer, error in
      bytes.withUnsafeBytes {
        tc_jpeg_transcode_baseline($0.bytePointer, $0.count, &options, &buffer, &error)
      }
    }
  }

  private func isSame(_ bytes: [UInt8], _ rewritten: [UInt8], _ header: ImageHeader) throws -> Bool {
    var expected = header
    expected.isProgressive = false
    guard try ImageHeader(bytes: rewritten) == expected else { return false }
    let request = DecodeRequest(policy: DecodePolicy(orientation: .ignore, output: .asStored, limits: limits))
    return try ImageDecoder().decode(bytes, request) == ImageDecoder().decode(rewritten, request)
  }
}
