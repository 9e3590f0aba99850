internal import CCodecs

/// Takes rows of a picture as they are decoded: where the first pixel of them lies, the bytes from one row to the
/// next, how many rows. Without rows (nil) the decoder begins again: what came before does not count.
package typealias RowConsumer = (UnsafeRawPointer?, Int, Int) -> Void

extension PictureDecoding {
  /// Rows that are handed over together: as many as the highest block of JPEG has with chroma at half the height.
  private static let strip: Int32 = 16

  /// Calls `body` with a sink of the C codecs that hands its rows to `consume`.
  static func withSink<R>(
    to consume: RowConsumer, _ body: (UnsafePointer<tc_sink>) throws -> R
  ) rethrows -> R {
    try withoutActuallyEscaping(consume) { consume in
      var holder = Holder(consume: consume)
      return try withUnsafeMutablePointer(to: &holder) { holder in
        var sink = tc_sink(
          rows: { context, rows, stride, count in
            context!.assumingMemoryBound(to: Holder.self).pointee.consume(rows, stride, Int(count))
          }, context: holder, strip: strip)
        return try body(&sink)
      }
    }
  }

  private struct Holder {
    let consume: RowConsumer
  }
}
