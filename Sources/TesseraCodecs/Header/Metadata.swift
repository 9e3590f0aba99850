internal import TesseraCore

/// Where an orientation may be stated.
struct Metadata {
  /// An EXIF block.
  var exif: [UInt8]?
  /// An XMP packet.
  var xmp: [UInt8]?

  /// The orientation as Pillow's `exif_transpose` sees it: EXIF's if it has one, else XMP's.
  var orientation: Orientation {
    if let value = exif.flatMap({ EXIF($0) })?.orientation {
      // A value that is no whole number names no orientation, and XMP is not asked.
      return Int(exactly: value).flatMap(Orientation.init) ?? .upright
    }
    return xmp.flatMap(Self.xmpOrientation).flatMap(Orientation.init) ?? .upright
  }

  /// The digit after `tiff:Orientation="` or `tiff:Orientation>`, the first time that one follows.
  private static func xmpOrientation(_ packet: [UInt8]) -> Int? {
    let name = Array("tiff:Orientation".utf8)
    var start = 0
    while let found = packet.firstRange(of: name, from: start) {
      let at = packet.has("=\"", at: found.upperBound) ? found.upperBound + 2 : found.upperBound + 1
      let opens = at == found.upperBound + 2 || packet.has(">", at: found.upperBound)
      if opens, at < packet.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(packet[at]) {
        return Int(packet[at] - UInt8(ascii: "0"))
      }
      start = found.upperBound
    }
    return nil
  }
}
